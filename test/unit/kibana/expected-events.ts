import type { Item } from './items.ts';
import { missing } from './panel-query.ts';
import { ownRules } from './own-lines.ts';
import type { Value } from './panel-query.ts';

/** What a panel should show, told from raw items by plain code: which count, by what, and what is said of each group. */
export interface Expectation<One = Item> {
  where?: (one: One) => boolean;
  /** The keys of each bucket, from outside to inside; none: the item is not in it. */
  by?: readonly ((one: One) => readonly string[])[];
  /** Undefined: not known beforehand (the time of reading). */
  values: readonly ((ones: readonly One[]) => Value | undefined)[];
}

type Test = (item: Item) => boolean;
const all =
  (...tests: Test[]): Test =>
  (item) =>
    tests.every((test) => test(item));
const any =
  (...tests: Test[]): Test =>
  (item) =>
    tests.some((test) => test(item));
const not =
  (test: Test): Test =>
  (item) =>
    !test(item);

const text = (value: string | undefined) => (value === undefined || value === '' ? undefined : value);
const code = ({ event }: Item) => event.responseStatus?.code;
const user = ({ event }: Item) => text(event.user?.username);
const effective = ({ event }: Item) => text(event.impersonatedUser?.username);
const verb = ({ event }: Item) => text(event.verb);
const namespace = ({ event }: Item) => text(event.objectRef?.namespace);
const name = ({ event }: Item) => text(event.objectRef?.name);
const address = ({ event }: Item) => event.sourceIPs?.at(-1);
const agent = ({ event }: Item) => text(event.userAgent);
const path = ({ event }: Item) => text(event.requestURI?.split('?')[0]);
const query = ({ event }: Item) => text(event.requestURI?.split('?').slice(1).join('?'));
const decision = ({ event }: Item) => event.annotations?.['authorization.k8s.io/decision'];

function resource({ event: { objectRef } }: Item): string | undefined {
  const kind = text(objectRef?.resource);
  const below = text(objectRef?.subresource);
  return kind !== undefined && below !== undefined ? `${kind}/${below}` : kind;
}

function role({ event }: Item): string | undefined {
  const reason = event.annotations?.['authorization.k8s.io/reason'] ?? '';
  return /^RBAC: allowed by .* of (?:Cluster)?Role "(?<role>[^"]*)" to /u.exec(reason)?.groups?.['role'];
}

function outcome(item: Item): string | undefined {
  // A line that is no event has none.
  if (Object.keys(item.event).length === 0) return undefined;
  if (decision(item) === 'forbid' || item.event.stage === 'Panic') return 'failure';
  const status = code(item);
  return status === undefined ? 'unknown' : status >= 400 ? 'failure' : 'success';
}

const failed: Test = (item) => outcome(item) === 'failure';
const succeeded: Test = (item) => outcome(item) === 'success';
const denied: Test = (item) => decision(item) === 'forbid' || [401, 403].includes(code(item) ?? 0);
const stage = ({ event, whole }: Item) => (whole ? event.stage : undefined);
/** One event a request. */
const finished: Test = (item) =>
  !['RequestReceived', 'ResponseStarted'].includes(stage(item) ?? '') || code(item) === 401;
const ofKind =
  (...kinds: string[]): Test =>
  (item) =>
    kinds.includes(resource(item) ?? '');
const did =
  (...verbs: string[]): Test =>
  (item) =>
    verbs.includes(verb(item) ?? '');
const group = ({ event }: Item) => event.objectRef?.apiGroup ?? '';
const below = ({ event }: Item) => event.objectRef?.subresource ?? '';

/** ECS `event.type`: sessions begin and end, logins that fail begin, reviews inform. */
const isDeletion: Test = all(
  did('delete', 'deletecollection'),
  (item) => !['exec', 'attach', 'portforward', 'proxy'].includes(below(item)),
  (item) => code(item) !== 401,
  (item) => !['authentication.k8s.io', 'authorization.k8s.io'].includes(group(item)),
);
const isPerson: Test = (item) => !(user(item) ?? '').startsWith('system:');
const isServiceAccount: Test = (item) => (user(item) ?? '').startsWith('system:serviceaccount:');
const changes = did('create', 'update', 'patch', 'delete', 'deletecollection');
const readsSecrets = all(finished, ofKind('secrets'), did('get', 'list', 'watch'), succeeded);
const changesRbac = all(ofKind('roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'), changes);
const granted = ({ event, whole }: Item) => (whole ? event.requestObject?.roleRef?.name : undefined);
const isSession = all(
  ofKind('pods/exec', 'pods/attach', 'pods/portforward'),
  any((item) => stage(item) === 'ResponseStarted', failed),
);
const issues = any(
  all(ofKind('serviceaccounts/token'), did('create')),
  all(
    ofKind('certificatesigningrequests', 'certificatesigningrequests/approval'),
    did('create', 'update', 'patch'),
  ),
);
const listsSecrets = all(ofKind('secrets'), did('list', 'watch'), isPerson);
const spec = ({ event, whole }: Item) => (whole ? event.requestObject?.spec : undefined);
const isPrivileged: Test = (item) =>
  spec(item)?.containers?.some(({ securityContext }) => securityContext?.privileged === true) ?? false;
const hasHostPowers = all(ofKind('pods'), did('create'), (item) => {
  const { hostPID, hostNetwork, hostIPC, volumes = [] } = spec(item) ?? {};
  const path0 = volumes.some(({ hostPath }) => hostPath?.path !== undefined);
  return hostPID === true || hostNetwork === true || hostIPC === true || path0 || isPrivileged(item);
});
const changesDefences = all(
  ofKind(
    'validatingwebhookconfigurations',
    'mutatingwebhookconfigurations',
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
    'apiservices',
    'customresourcedefinitions',
    'networkpolicies',
    'namespaces',
  ),
  changes,
);
const isAnonymous: Test = (item) => user(item) === 'system:anonymous';
const actsAs: Test = (item) => effective(item) !== undefined;
const unauthorized: Test = (item) => code(item) === 401;

/** A bucket of those that have one, and one of those that have none. */
const orNone = (of: (item: Item) => string | undefined) => (item: Item) => [of(item) ?? missing];
const only = (of: (item: Item) => string | undefined) => (item: Item) =>
  [of(item)].filter((value) => value !== undefined);
const labels = (kinds: Readonly<Record<string, Test>>) => (item: Item) =>
  Object.keys(kinds).filter((label) => kinds[label]!(item));

const count = (ones: readonly Item[]) => ones.length;
const countOf = (test: Test) => (ones: readonly Item[]) => ones.filter(test).length;
const distinct = (of: (item: Item) => string | undefined) => (ones: readonly Item[]) =>
  new Set(ones.map(of).filter((value) => value !== undefined)).size;

const time = ({ event: { stageTimestamp } }: Item) =>
  stageTimestamp === undefined ? undefined : Math.floor(Date.parse(stageTimestamp));
function last(ones: readonly Item[]): number | undefined {
  const times = ones.map(time);
  return times.includes(undefined) ? undefined : Math.max(...(times as number[]));
}
function first(ones: readonly Item[]): number | undefined {
  const times = ones.map(time);
  return times.includes(undefined) ? undefined : Math.min(...(times as number[]));
}
/** Of the newest that have one; undefined where several are the newest and differ. */
const lastOf = (of: (item: Item) => string | undefined) => (ones: readonly Item[]) => {
  const having = ones.filter((item) => of(item) !== undefined);
  const newest = last(having);
  const found = new Set(having.filter((item) => time(item) === newest).map(of));
  return having.length === 0 ? null : found.size === 1 ? [...found][0] : undefined;
};
const annotation = (key: string) => (item: Item) =>
  item.whole ? text(item.event.annotations?.[key]) : undefined;
const violation = annotation('pod-security.kubernetes.io/audit-violations');
const took = annotation('apiserver.latency.k8s.io/total');
const ofEtcd = annotation('apiserver.latency.k8s.io/etcd');
const removedIn = annotation('k8s.io/removed-release');
const isDeprecated: Test = (item) => annotation('k8s.io/deprecated')(item) === 'true';
const credential = ({ event }: Item) =>
  event.user?.extra?.['authentication.kubernetes.io/credential-id']?.[0];
function apiVersion({ event: { objectRef } }: Item): string | undefined {
  const [of, version] = [text(objectRef?.apiGroup), text(objectRef?.apiVersion)];
  return of !== undefined && version !== undefined ? `${of}/${version}` : version;
}
/** Told once more by hand, from what `ownRules` say. */
const isMade = all((item) => user(item) === 'mallory', did('create'));
const ofRules = labels({
  [ownRules[0]!.title]: all(isMade, ofKind('pods')),
  [ownRules[1]!.title]: isMade,
});

/** Minutes, as the test's date histograms have them; `read` for what has no time of its own. */
const minute = (item: Item) => {
  const at = time(item);
  return [at === undefined ? 'read' : String(Math.floor(at / 60_000) * 60_000)];
};

const requests = [count];
const where = (...tests: Test[]) => all(finished, ...tests);

/** By `<dashboard>/<panel>`. */
export const expectedOfEvents: Readonly<Record<string, Expectation>> = {
  'auditseal-access/requests': { where: finished, values: requests },
  'auditseal-access/users': { where: finished, values: [distinct(user)] },
  'auditseal-access/addresses': { where: finished, values: [distinct(address)] },
  'auditseal-access/denied': { where: where(denied), values: requests },
  'auditseal-access/secrets-read': { where: readsSecrets, values: requests },
  'auditseal-access/deletions': { where: where(isDeletion, succeeded), values: requests },
  'auditseal-access/requests-over-time': { where: finished, by: [only(outcome), minute], values: requests },
  'auditseal-access/people-over-time': { where: where(isPerson), by: [only(user), minute], values: requests },
  'auditseal-access/users-table': {
    where: finished,
    by: [orNone(user)],
    values: [count, countOf(denied), distinct(resource), distinct(namespace), last],
  },
  // Under impersonation the role is the impersonated one's.
  'auditseal-access/roles': {
    where: where(not(({ event }) => event.impersonatedUser !== undefined)),
    by: [only(role)],
    values: [count, distinct(user), last],
  },
  'auditseal-access/secrets': {
    where: readsSecrets,
    by: [orNone(user), orNone(namespace), orNone(name)],
    values: [count, last],
  },
  'auditseal-access/secrets-over-time': {
    where: readsSecrets,
    by: [
      labels({
        people: isPerson,
        'service accounts': isServiceAccount,
        'nodes and control plane': not(any(isPerson, isServiceAccount)),
      }),
      minute,
    ],
    values: requests,
  },
  'auditseal-access/resources': {
    where: finished,
    by: [orNone(resource), orNone(verb)],
    values: [count, distinct(user), countOf(failed)],
  },
  'auditseal-access/namespaces': {
    where: finished,
    by: [orNone(namespace)],
    values: [count, distinct(user), countOf(denied), last],
  },
  'auditseal-access/origins': {
    where: finished,
    by: [only(address), orNone(agent)],
    values: [count, distinct(user), last],
  },
  'auditseal-access/deleted': {
    where: where(isDeletion, succeeded),
    by: [orNone(user), orNone(resource), orNone(namespace)],
    values: [count, last],
  },
  'auditseal-access/new-users': {
    where: finished,
    by: [only(user)],
    values: [first, last, count, distinct(address)],
  },
  'auditseal-access/new-agents': {
    where: finished,
    by: [only(agent)],
    values: [first, last, count, distinct(user)],
  },
  'auditseal-access/credentials-used': {
    where: where((item) => credential(item) !== undefined),
    by: [only(credential), only(user)],
    values: [distinct(address), distinct(agent), count, first, last],
  },
  'auditseal-critical/matches': {
    where: isMade,
    by: [ofRules],
    values: [
      (ones) => (ones.some((item) => ofRules(item).length > 1) ? 73 : 21),
      count,
      distinct(user),
      lastOf(user),
      // Of several rules each has its own; the test shows the first.
      () => undefined,
      last,
    ],
  },
  'auditseal-critical/pod-security': {
    where: where((item) => violation(item) !== undefined),
    by: [orNone(namespace), only(user), only(violation)],
    values: [count, last],
  },
  'auditseal-critical/deprecated': {
    where: where(isDeprecated),
    by: [orNone(resource), only(apiVersion), only(user)],
    values: [count, lastOf(removedIn), last],
  },
  'auditseal-volume/slow': {
    where: where((item) => took(item) !== undefined),
    by: [orNone(resource), only(verb), only(user)],
    values: [count, lastOf(took), lastOf(ofEtcd), last],
  },
  'auditseal-critical/rbac-changes': { where: where(changesRbac, succeeded), values: requests },
  'auditseal-critical/cluster-admin': {
    where: where(
      changesRbac,
      succeeded,
      ofKind('rolebindings', 'clusterrolebindings'),
      did('create', 'update', 'patch'),
      (item) => granted(item) === 'cluster-admin',
    ),
    values: requests,
  },
  'auditseal-critical/sessions': { where: isSession, values: requests },
  'auditseal-critical/denied': { where: where(denied), values: requests },
  'auditseal-critical/failed-logins': { where: where(unauthorized), values: requests },
  'auditseal-critical/anonymous-allowed': { where: where(isAnonymous, succeeded), values: requests },
  'auditseal-critical/critical-over-time': {
    where: any(finished, isSession),
    by: [
      labels({
        'RBAC changed': changesRbac,
        'sessions in pods': isSession,
        denied,
        impersonated: actsAs,
        'tokens and certificates issued': issues,
        'secrets listed by people': listsSecrets,
        'pods with the host’s powers': hasHostPowers,
        'defences changed': changesDefences,
      }),
      minute,
    ],
    values: requests,
  },
  'auditseal-critical/rbac': {
    where: where(changesRbac),
    by: [orNone(user), orNone(verb), orNone(resource), orNone(name), orNone(granted)],
    values: [count, countOf(failed), last],
  },
  'auditseal-critical/sessions-table': {
    where: isSession,
    by: [orNone(user), orNone(resource), orNone(namespace), orNone(name), orNone(query)],
    values: [count, countOf(failed), last],
  },
  'auditseal-critical/denied-table': {
    where: where(denied),
    by: [orNone(user), orNone(verb), orNone(resource)],
    values: [count, distinct(namespace), last],
  },
  'auditseal-critical/failed-logins-table': {
    where: where(unauthorized),
    by: [only(address), orNone(agent)],
    values: [count, last],
  },
  'auditseal-critical/anonymous': {
    where: where(isAnonymous),
    by: [orNone(verb), orNone(path), only(address)],
    values: [count, countOf(succeeded), last],
  },
  'auditseal-critical/impersonation': {
    where: where(actsAs),
    by: [orNone(user), orNone(effective), orNone(verb), orNone(resource)],
    values: [count, countOf(failed), last],
  },
  'auditseal-critical/credentials': {
    where: where(issues),
    by: [orNone(user), orNone(resource), orNone(namespace), orNone(name)],
    values: [count, countOf(failed), last],
  },
  'auditseal-critical/secrets-listed': {
    where: where(listsSecrets),
    by: [orNone(user), orNone(verb), orNone(namespace)],
    values: [count, countOf(failed), last],
  },
  'auditseal-critical/pods': {
    where: where(hasHostPowers),
    by: [
      orNone(user),
      orNone(namespace),
      (item) => [...new Set(spec(item)?.containers?.map(({ image = missing }) => image))],
    ],
    values: [count, countOf(isPrivileged), countOf(failed), last],
  },
  'auditseal-critical/defences': {
    where: where(changesDefences),
    by: [orNone(user), orNone(verb), orNone(resource), orNone(name)],
    values: [count, countOf(failed), last],
  },
  'auditseal-volume/kept': { values: requests },
  'auditseal-volume/not-whole': { where: ({ trouble }) => trouble !== undefined, values: requests },
  'auditseal-volume/server-errors': { where: where((item) => (code(item) ?? 0) >= 500), values: requests },
  'auditseal-volume/throttled': { where: where((item) => code(item) === 429), values: requests },
  'auditseal-volume/producers': {
    by: [orNone(user), orNone(resource), orNone(verb)],
    values: requests,
  },
  'auditseal-volume/kept-by-rule': { by: [orNone(rule)], values: [count, distinct(user), last] },
  'auditseal-volume/levels': {
    by: [orNone(({ event, whole }) => (whole ? event.level : undefined)), orNone(stage)],
    values: requests,
  },
  'auditseal-volume/trouble': {
    by: [
      labels({
        'refused, or not an audit event': ({ trouble }) => trouble === 'pipeline_error',
        'cut: too long': ({ trouble }) => trouble === 'cut',
        'split out of a torn line': ({ trouble }) => trouble === 'recovered',
        'panic of the apiserver': (item) => stage(item) === 'Panic',
        'answered 5xx': (item) => (code(item) ?? 0) >= 500,
        'throttled (429)': (item) => code(item) === 429,
      }),
    ],
    values: [count, last],
  },
  'auditseal-volume/errors': {
    where: where((item) => (code(item) ?? 0) >= 400),
    by: [only((item) => code(item)?.toString()), orNone(resource)],
    values: [count, distinct(user), last],
  },
};

/** What `keptBy` in dropped-lines.ts asks of an event, told once more by hand. */
function rule(item: Item): string | undefined {
  // A line that is no event was not decided on; an event that is not whole was.
  if (Object.keys(item.event).length === 0) return undefined;
  if (item.event.objectRef?.resource === 'secrets') return 'secrets';
  return ['get', 'list', 'watch'].includes(item.event.verb ?? '') ? 'site.reads' : 'default';
}

/** By the id of a saved search. */
export const expectedOfSearches: Readonly<Record<string, Test>> = {
  'auditseal-search-requests': finished,
  'auditseal-search-secrets': where(ofKind('secrets')),
  'auditseal-search-denied': where(denied),
  'auditseal-search-rbac': where(changesRbac),
  'auditseal-search-sessions': isSession,
  'auditseal-search-critical': any(
    isSession,
    where(any(changesRbac, denied, actsAs, issues, listsSecrets, hasHostPowers, changesDefences)),
  ),
  'auditseal-search-not-whole': ({ trouble }) => trouble !== undefined,
};
