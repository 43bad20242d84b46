import { both, either, isOneOf } from './clause.ts';
import type { Clause } from './clause.ts';
import { fields } from './fields.ts';
import { answerInside } from './refused-entry.ts';

/** Groups of the resources that give rights: Kubernetes' own, and OpenShift's older names of the same. */
const groups = ['rbac.authorization.k8s.io', 'authorization.openshift.io'];
const resources = ['clusterrolebindings', 'rolebindings', 'clusterroles', 'roles'];
/** What takes rights away is no grant, and found by `--resource`. */
const giving = ['create', 'update', 'patch'];
const subjectsMax = 100;
const nameUnitsMax = 1000;

/** Requests that give somebody rights: bindings and roles that are made or changed. */
export function grantClause(verbs: readonly string[]): Clause {
  return both(
    isOneOf(fields.resource, resources),
    isOneOf(fields.verb, verbs.length > 0 ? verbs : giving),
    either(...groups.map((group) => ({ prefix: { [fields.apiVersion]: `${group}/` } }))),
  );
}

/**
 * What of the bodies is read: they are as the client or the apiserver wrote them, so that a list of objects keeps together what
 * belongs together, which the index does not.
 */
export const grantSource = [
  ...['requestObject', 'responseObject'].flatMap((body) =>
    ['roleRef', 'subjects'].map((key) => `kubernetes.audit.${body}.${key}`),
  ),
  'auditseal.refused',
];

/** Why a request's role and subjects are not known. */
export type Unreadable =
  /** Elasticsearch refused the bodies, and no answer is in the entry that the refused form holds. */
  | 'refused'
  /** The line was too long, and its bodies were cut before it was sealed. */
  | 'cut'
  /** No body was logged, or the policy left it out, or it is a patch that does not say. */
  | 'not told';

/** What one request gives, in the words of RBAC. */
export interface Grant {
  /** Null of a role itself, and where it is not known. */
  binding: string | null;
  /** A namespace; null for the whole cluster. */
  scope: string | null;
  role: string | null;
  /** `User alice`, `ServiceAccount prod/deployer`; empty of a role itself, and where they are not known. */
  subjects: readonly string[];
  /** There were more subjects than are listed. */
  moreSubjects: boolean;
  unreadable: Unreadable | null;
  /** The client asked what would come of it (`dryRun`), and nothing was stored. */
  isDryRun: boolean;
}

/** What of a hit tells a grant. */
export interface GrantHit {
  resource: string | null;
  namespace: string | null;
  name: string | null;
  /** Whether it is a refused form. */
  isRefused: boolean;
  isCut: boolean;
  /** Of the request's URI. */
  query: string;
  /** `_source`, as far as {@link grantSource} takes it. */
  source: unknown;
}

/**
 * What a request gives. What the apiserver answered is what it stored, so that is believed before what the client sent; of a patch
 * only the answer has the whole binding.
 */
export function grantOf({ resource, namespace, name, isRefused, isCut, query, source }: GrantHit): Grant {
  const isDryRun = new URLSearchParams(query).has('dryRun');
  const what = { scope: namespace, subjects: [], moreSubjects: false, unreadable: null, isDryRun };
  if (resource === null || !resource.endsWith('bindings')) return { ...what, binding: null, role: name };
  const audit = member(member(source, 'kubernetes'), 'audit');
  const bodies = isRefused
    ? [answerInside(member(source, 'auditseal.refused'))]
    : [member(audit, 'responseObject'), member(audit, 'requestObject')];
  const stored = bodies.find((body) => textOf(member(member(body, 'roleRef'), 'name')) !== null);
  const listed = stored ?? bodies.find((body) => Array.isArray(member(body, 'subjects')));
  if (listed === undefined) {
    const unreadable = isRefused ? 'refused' : isCut ? 'cut' : 'not told';
    return { ...what, binding: name, role: null, unreadable };
  }
  const found = member(listed, 'subjects');
  const subjects = Array.isArray(found) ? (found as unknown[]) : [];
  return {
    ...what,
    binding: name,
    role: textOf(member(member(listed, 'roleRef'), 'name')),
    subjects: subjects.slice(0, subjectsMax).map(subjectOf),
    moreSubjects: subjects.length > subjectsMax,
  };
}

/** Whether a grant is of a role, or may be: where the role is not known, nobody may hide it by that. */
export function isOfRole({ role }: Grant, wanted: string): boolean {
  return role === null || role === wanted;
}

function subjectOf(subject: unknown): string {
  const [kind, namespace, name] = ['kind', 'namespace', 'name'].map((key) => textOf(member(subject, key)));
  return `${kind ?? '?'} ${kind === 'ServiceAccount' ? `${namespace ?? '?'}/` : ''}${name ?? '?'}`;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, nameUnitsMax).toWellFormed() : null;
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
