import { greatestFirst, grouped, nameList, outcome, total, user, userName } from './question.ts';
import type { Question } from './question.ts';

/** The command is only in the URL, at whatever level the apiserver audits. */
export const exec: Question<'user' | 'outcome' | 'resource' | 'namespace' | 'name' | 'query'> = {
  title: 'Who ran what in pods, or tried to',
  query: 'orchestrator.resource.type:("pods/exec" OR "pods/attach") AND NOT event.outcome:unknown',
  by: {
    user,
    outcome,
    resource: 'orchestrator.resource.type',
    namespace: 'orchestrator.namespace',
    name: 'orchestrator.resource.name',
    query: 'url.query',
  },
  table(buckets) {
    const groups = grouped(
      buckets,
      ({ user: name, resource, query }) => `${name} ${commandOf(resource, query)}`,
    );
    const rows = groups.map((group) => {
      const ran = total(group.filter(({ key }) => key.outcome === 'success'));
      const { user: who, resource, query } = group[0]!.key;
      const pods = group.map(({ key }) => `${key.namespace}/${key.name}`);
      return [userName(who), commandOf(resource, query), nameList(pods, 1), ran, total(group) - ran];
    });
    return {
      columns: [
        { heading: 'USER', widthMax: 37 },
        { heading: 'COMMAND', widthMax: 28 },
        { heading: 'PODS', widthMax: 34 },
        { heading: 'RAN' },
        { heading: 'FAILED' },
      ],
      rows: greatestFirst(rows, 3),
    };
  },
};

function commandOf(resource: string | number | null, query: string | number | null): string {
  if (resource === 'pods/attach') return '(attach)';
  return new URLSearchParams(String(query ?? '')).getAll('command').join(' ');
}
