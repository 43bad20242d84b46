import type { AuditEvent } from '../event/index.ts';
import { Policy } from '../policy/index.ts';
import type { PolicyText } from '../policy/index.ts';
import { stages } from './kinds.ts';
import type { Kind, Level, Stage } from './kinds.ts';

/** Who asks. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** What an audit policy decides on: it is asked when a request comes in. */
export interface AuditRequest {
  readonly identity: Identity;
  readonly verb: string;
  readonly object:
    { readonly kind: Kind; readonly namespace: string; readonly name: string } | { readonly path: string };
}

/** What is written of a request. */
export interface Written {
  readonly level: Level;
  /** In order; none at level None. */
  readonly stages: readonly Stage[];
}

/** A policy as an apiserver evaluates it: what no rule matches is not written (k8s.io/apiserver/pkg/audit/policy/checker.go). */
export class AuditPolicy {
  readonly #decider: Policy;
  readonly #known = new Map<string, Written>();

  /** @param text of {@link decodeAuditPolicy} */
  constructor(text: PolicyText) {
    // Rules are told by their names, and a stage that is omitted by its rule.
    const rules = text.rules.map((rule, i) => ({ ...rule, name: `rule-${i}` }));
    this.#decider = new Policy({ ...text, rules });
    for (const [i, { level, omitStages }] of rules.entries()) {
      const omitted = new Set<string>([...text.omitStages, ...omitStages]);
      const written = level === 'None' ? [] : stages.filter((stage) => !omitted.has(stage));
      // What is written in no stage is not written.
      this.#known.set(`rule-${i}`, { level: written.length === 0 ? 'None' : level, stages: written });
    }
  }

  writtenOf(request: AuditRequest): Written {
    const { rule } = this.#decider.decide(eventOf(request));
    return this.#known.get(rule) ?? nothing;
  }

  /** The number of the rule that matches, from 0; undefined if none does. */
  ruleOf(request: AuditRequest): number | undefined {
    const { rule } = this.#decider.decide(eventOf(request));
    return this.#known.has(rule) ? Number(rule.slice('rule-'.length)) : undefined;
  }
}

const nothing: Written = { level: 'None', stages: [] };

/**
 * The policy as an apiserver of a version takes it: up to 1.35 an item of group `*` matches nothing, since 1.36 every group (checker.go in
 * v0.35.4 and v0.36.0).
 */
export function policyAsOf(text: PolicyText, minor: number | undefined): PolicyText {
  if (minor === undefined || minor >= 36) return text;
  const rules = text.rules.flatMap((rule) => {
    const resources = rule.resources.filter(({ group }) => group !== '*');
    // Without any item it would be for everything.
    return resources.length === 0 && rule.resources.length > 0 ? [] : [{ ...rule, resources }];
  });
  return { ...text, rules };
}

/** What of a request the decider reads. */
function eventOf({ identity, verb, object }: AuditRequest): AuditEvent {
  const about =
    'path' in object
      ? { requestURI: object.path }
      : {
          requestURI: '/',
          objectRef: {
            apiGroup: object.kind.group,
            resource: object.kind.resource,
            subresource: object.kind.subresource,
            namespace: object.namespace,
            name: object.name,
          },
        };
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    depth: 3,
    stage: 'ResponseComplete',
    verb,
    user: { username: identity.user, groups: identity.groups },
    ...about,
  };
}
