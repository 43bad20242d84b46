import type { Alert } from '../../../agent/notify/alert.ts';

/** An alert of the outbox, as of one exec into a pod. */
export function alert(members: Partial<Alert> = {}): Alert {
  const at = '2026-11-23T01:06:03.433Z';
  return {
    v: 1,
    key: 'k1',
    group: 'g1',
    kind: 'match',
    rule: 'exec-into-pod',
    title: 'A shell in a pod',
    next: 'Look at what was run.',
    severity: 'high',
    cluster: 'prod',
    node: 'cp-1',
    source: 'kube-apiserver',
    subject: 'mallory',
    count: 1,
    from: at,
    to: at,
    samples: [
      {
        at,
        verb: 'create',
        resource: 'pods/exec lab/web-0',
        user: 'mallory',
        address: '192.0.2.7',
        code: 101,
        eventId: 'ab-000000000001',
        auditId: 'a1',
      },
    ],
    ...members,
  };
}
