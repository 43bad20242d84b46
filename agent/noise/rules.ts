import { stringify } from 'yaml';
import type { Suggestion } from './suggestions.ts';

/** The suggestions as rules of a policy of ours, ready to paste under `rules:`. */
export function ourRules(suggestions: readonly Suggestion[]): string {
  return suggestions
    .map((one, index) => item({ name: nameOf(one, index), ...rule(one), outcomes: notFailed }, one))
    .join('');
}

/**
 * The same for the apiserver's own policy, where what is dropped is never written. It knows neither outcomes nor impersonation:
 * what failed is lost there, too, so a rule that would lose some is left out.
 */
export function apiserverRules(suggestions: readonly Suggestion[]): string {
  return suggestions
    .filter(({ notable }) => notable.events === 0)
    .map((one) => item(rule(one), one))
    .join('');
}

const notFailed = ['success', 'unknown'];

function rule({ user, verbs, resource, path }: Suggestion): object {
  const what = resource
    ? { resources: [{ group: resource.group, resources: [resource.name] }] }
    : { nonResourceURLs: [path] };
  return { level: 'None', users: [user], verbs: [...verbs], ...what };
}

function nameOf({ user, resource, path }: Suggestion, index: number): string {
  const words = `${user.split(':').at(-1)}-${resource?.name ?? path}`.replaceAll(/[^A-Za-z0-9.-]+/gu, '-');
  return `noise-${index + 1}-${words}`.slice(0, 63).replace(/-+$/u, '');
}

function item(value: object, { lost }: Suggestion): string {
  const text = stringify([value], { flowCollectionPadding: false, lineWidth: 0, defaultStringType: 'PLAIN' });
  return `# Unseen: ${lost}.\n${text}`;
}
