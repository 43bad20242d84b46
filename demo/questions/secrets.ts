import { greatestFirst, grouped, nameList, outcome, total, user, userName } from './question.ts';
import type { Question } from './question.ts';

/** Whoever lists or watches secrets reads them all: the objects come back whole. */
export const secrets: Question<'user' | 'action' | 'outcome' | 'namespace' | 'name'> = {
  title: 'Who read secrets, or tried to',
  query:
    'kubernetes.audit.objectRef.resource:secrets AND event.action:(get OR list OR watch) AND NOT event.outcome:unknown',
  by: {
    user,
    action: 'event.action',
    outcome,
    namespace: 'orchestrator.namespace',
    name: 'orchestrator.resource.name',
  },
  table(buckets) {
    const groups = grouped(buckets, ({ user: name, action }) => `${name} ${action}`);
    const rows = groups.map((group) => {
      const read = group.filter(({ key }) => key.outcome === 'success');
      // Those that were read are of more interest than those that were not.
      const names = (read.length > 0 ? read : group).map(
        ({ key }) => `${key.namespace ?? '*'}/${key.name ?? '*'}`,
      );
      const { key } = group[0]!;
      const failed = total(group) - total(read);
      return [userName(key.user), String(key.action), nameList(names, 2), total(read), failed];
    });
    return {
      columns: [
        { heading: 'USER', widthMax: 37 },
        { heading: 'DID' },
        { heading: 'SECRETS', widthMax: 44 },
        { heading: 'READ' },
        { heading: 'FAILED' },
      ],
      rows: greatestFirst(rows, 3),
    };
  },
};
