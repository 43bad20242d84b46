import { greatestFirst, grouped, nameList, outcome, total, user, userName } from './question.ts';
import type { Question } from './question.ts';

export const rbac: Question<'user' | 'action' | 'outcome' | 'resource' | 'name' | 'role'> = {
  title: 'Who changed RBAC, or tried to',
  query:
    'kubernetes.audit.objectRef.apiGroup:rbac.authorization.k8s.io AND NOT event.action:(get OR list OR watch) AND NOT event.outcome:unknown',
  by: {
    user,
    action: 'event.action',
    outcome,
    resource: 'orchestrator.resource.type',
    name: 'orchestrator.resource.name',
    role: 'kubernetes.audit.requestObject.roleRef.name',
  },
  table(buckets) {
    const groups = grouped(
      buckets,
      ({ user: name, action, resource, role }) => `${name} ${action} ${resource} ${role}`,
    );
    const rows = groups.map((group) => {
      const done = total(group.filter(({ key }) => key.outcome === 'success'));
      const { user: who, action, resource, role } = group[0]!.key;
      const names = group.map(({ key }) => key.name).filter((name) => name !== null);
      const objects = `${resource}${names.length > 0 ? `: ${nameList(names.map(String), 1)}` : ''}`;
      return [userName(who), String(action), objects, String(role ?? ''), done, total(group) - done];
    });
    return {
      columns: [
        { heading: 'USER', widthMax: 37 },
        { heading: 'DID' },
        { heading: 'OBJECTS', widthMax: 38 },
        { heading: 'GRANTS', widthMax: 16 },
        { heading: 'DONE' },
        { heading: 'FAILED' },
      ],
      rows: greatestFirst(rows, 4),
    };
  },
};
