import type { RawEvent as Recorded } from '../../kit/plain-answer.ts';

/** What the questions of docs/queries.md should find, told from the lines of the audit log alone. */

/** An audit event as the apiserver writes it, with what the questions read of its body. */
export interface RawEvent extends Recorded {
  requestObject?: {
    roleRef?: { name?: string };
    subjects?: { name?: string }[] | null;
    spec?: {
      containers?: Container[] | null;
      initContainers?: Container[] | null;
      volumes?: { hostPath?: { path?: string } }[] | null;
      hostPID?: boolean;
      hostIPC?: boolean;
      hostNetwork?: boolean;
    };
  };
}

interface Container {
  image?: string;
  securityContext?: { privileged?: boolean };
}

type Values = Readonly<Record<string, string>>;
type Takes = (event: RawEvent, values: Values) => boolean;

const code = ({ responseStatus }: RawEvent) => responseStatus?.code;
const isForbidden = ({ annotations }: RawEvent) =>
  annotations?.['authorization.k8s.io/decision'] === 'forbid';
const isDenied: Takes = (event) => isForbidden(event) || [401, 403].includes(code(event) ?? 0);
const user = ({ user: by }: RawEvent) => by?.username || undefined;
const effective = ({ impersonatedUser }: RawEvent) => impersonatedUser?.username || undefined;
const isReading = ({ verb = '' }: RawEvent) => ['get', 'list', 'watch'].includes(verb);
const group = ({ objectRef }: RawEvent) => objectRef?.apiGroup ?? '';
const namespace = ({ objectRef }: RawEvent) => objectRef?.namespace || undefined;
const name = ({ objectRef }: RawEvent) => objectRef?.name || undefined;
const groups = ({ user: by, impersonatedUser }: RawEvent) => [
  ...(by?.groups ?? []),
  ...(impersonatedUser?.groups ?? []),
];

function outcome(event: RawEvent): string {
  if (isForbidden(event) || event.stage === 'Panic') return 'failure';
  const status = code(event);
  if (status === undefined) return 'unknown';
  return status >= 400 ? 'failure' : 'success';
}

function resource({ objectRef }: RawEvent): string | undefined {
  if (!objectRef?.resource) return undefined;
  return objectRef.subresource ? `${objectRef.resource}/${objectRef.subresource}` : objectRef.resource;
}

function isPrivileged({ requestObject }: RawEvent): boolean {
  const { containers, initContainers, volumes, hostPID, hostIPC, hostNetwork } = requestObject?.spec ?? {};
  const all = [...(containers ?? []), ...(initContainers ?? [])];
  return (
    all.some(({ securityContext }) => securityContext?.privileged === true) ||
    hostPID === true ||
    hostIPC === true ||
    hostNetwork === true ||
    (volumes ?? []).some(({ hostPath }) => hostPath?.path !== undefined)
  );
}

const answered =
  (takes: Takes): Takes =>
  (event, values) =>
    outcome(event) !== 'unknown' && takes(event, values);
const by: Takes = (event, values) => [user(event), effective(event)].includes(values['<USER>']);

/** By the question's number: which events it is about. */
export const takes: Readonly<Record<number, Takes>> = {
  1: answered(
    (event, values) =>
      resource(event) === 'secrets' &&
      isReading(event) &&
      [values['<NAME>'], undefined].includes(name(event)) &&
      [values['<NAMESPACE>'], undefined].includes(namespace(event)),
  ),
  2: answered(by),
  3: answered((event) => group(event) === 'rbac.authorization.k8s.io' && !isReading(event)),
  4: answered(({ requestObject }, values) => requestObject?.roleRef?.name === values['<ROLE>']),
  5: answered((event) =>
    /^pods\/(?:exec|attach|portforward|ephemeralcontainers)$/u.test(resource(event) ?? ''),
  ),
  6: (event) => code(event) === 401 || (user(event) === 'system:anonymous' && outcome(event) !== 'unknown'),
  7: isDenied,
  8: answered((event) => effective(event) !== undefined),
  9: answered(
    (event, values) => (event.verb ?? '').startsWith('delete') && namespace(event) === values['<NAMESPACE>'],
  ),
  10: answered(
    (event) =>
      (['admissionregistration.k8s.io', 'apiregistration.k8s.io', 'apiextensions.k8s.io'].includes(
        group(event),
      ) ||
        namespace(event) === 'auditseal') &&
      !isReading(event),
  ),
  11: answered((event) => resource(event) === 'pods' && event.verb === 'create' && isPrivileged(event)),
  12: answered((event) => resource(event) === 'serviceaccounts/token'),
  13: answered(({ sourceIPs }) => !(sourceIPs?.at(-1) ?? '127.').startsWith('127.')),
  14: by,
  15: answered((event) => user(event) !== undefined && !user(event)!.startsWith('system:')),
  16: answered((event) => groups(event).includes('system:masters')),
  17: answered(
    (event) =>
      /^certificatesigningrequests\/(?:approval|status)$/u.test(resource(event) ?? '') && !isReading(event),
  ),
  20: ({ auditID }, values) => auditID === values['<AUDIT-ID>'],
};

type Value = string | number | null;

/** By the name of a column in an answer: the values of an event there, at least one, null for none. */
const columns: Readonly<Record<string, (event: RawEvent) => (Value | undefined)[]>> = {
  user: (event) => [user(event)],
  as: (event) => [effective(event)],
  action: ({ verb }) => [verb || undefined],
  resource: (event) => [resource(event)],
  namespace: (event) => [namespace(event)],
  name: (event) => [name(event)],
  binding: (event) => [name(event)],
  account: (event) => [name(event)],
  path: ({ requestURI }) => [requestURI.split('?')[0] || undefined],
  outcome: (event) => [outcome(event)],
  code: (event) => [code(event)],
  stage: ({ stage }) => [stage],
  address: ({ sourceIPs }) => [sourceIPs?.at(-1)],
  forwarded: ({ sourceIPs }) => sourceIPs?.slice(0, -1) ?? [],
  subject: ({ requestObject }) => (requestObject?.subjects ?? []).map((subject) => subject.name),
  image: ({ requestObject }) => (requestObject?.spec?.containers ?? []).map(({ image }) => image),
  hour: ({ stageTimestamp }) => [Date.parse(`${stageTimestamp.slice(0, 13)}:00:00Z`)],
  node: () => ['cp-1'],
  log: () => ['prod/cp-1/kube-apiserver/20261123T000000Z'],
  file: () => ['/var/log/audit.log'],
};

export interface PlainRow {
  key: Record<string, Value>;
  events: number;
  /** Milliseconds since 1970. */
  first: number;
  last: number;
}

/** The rows of an answer with these columns; an event with several values in a column is in several rows. */
export function rowsOf(events: readonly RawEvent[], names: readonly string[]): PlainRow[] {
  const rows = new Map<string, PlainRow>();
  for (const event of events) {
    const at = Date.parse(`${event.stageTimestamp.slice(0, 23)}Z`);
    for (const key of keysOf(event, names)) {
      const text = JSON.stringify(key);
      const row = rows.get(text) ?? { key, events: 0, first: at, last: at };
      rows.set(text, {
        key,
        events: row.events + 1,
        first: Math.min(row.first, at),
        last: Math.max(row.last, at),
      });
    }
  }
  return [...rows.values()];
}

function keysOf(event: RawEvent, names: readonly string[]): Record<string, Value>[] {
  let keys: Record<string, Value>[] = [{}];
  for (const column of names) {
    const valuesOf = columns[column];
    if (!valuesOf) throw new Error(`no column ${column} in this test`);
    const values = [...new Set(valuesOf(event).filter((value) => value !== undefined))];
    keys = keys.flatMap((key) =>
      (values.length === 0 ? [null] : values).map((value) => ({ ...key, [column]: value })),
    );
  }
  return keys;
}
