import type { TimeRange } from '../verify/index.ts';
import { anything, both, either, exists, is, isOneOf, matches, not } from './clause.ts';
import type { Clause } from './clause.ts';
import type { CodeRange } from './code-range.ts';
import { credentialFields } from './credential.ts';
import { fields } from './fields.ts';
import { grantClause } from './grant.ts';
import { literal } from './name-pattern.ts';
import type { NamePattern } from './name-pattern.ts';
import { any, endsWithSubresource } from './resource.ts';
import type { Resource } from './resource.ts';

/** What became of a request. `denied` is a part of `failure`: refused by authentication, authorization or admission. */
export type Outcome = 'success' | 'failure' | 'denied' | 'unknown';

/** A question: who did what on what. Of the values of a member any one will do; an empty member selects everything. */
export interface Query {
  /** Names of who authenticated, of whom was impersonated, or of who was behind. */
  users: readonly string[];
  /** The same, as patterns. */
  userPatterns: readonly string[];
  /** People, as directories and proxies name them: whoever acted by an account that others use, too. */
  persons: readonly NamePattern[];
  groups: readonly string[];
  resources: readonly Resource[];
  verbs: readonly string[];
  outcomes: readonly Outcome[];
  codes: readonly CodeRange[];
  /** Addresses, or ranges of them in CIDR form, that the connection to the apiserver came from. */
  addresses: readonly string[];
  /** The id of a credential (`JTI=…`, `X509SHA256=…`): the request that issued it, and those that used it. */
  credential: string | undefined;
  /** Only requests that give rights, see {@link grantClause}. */
  isGrant: boolean;
  /** True: without requests on whole collections that hold what was asked for. */
  named: boolean;
  time: TimeRange | undefined;
}

/** The question that selects everything. */
export const everything: Query = {
  users: [],
  userPatterns: [],
  persons: [],
  groups: [],
  resources: [],
  verbs: [],
  outcomes: [],
  codes: [],
  addresses: [],
  credential: undefined,
  isGrant: false,
  named: false,
  time: undefined,
};

/** As much of a question as Elasticsearch can decide by one event; what became of a request follows only from all its stages. */
export function clauseOf(query: Query): Clause {
  const { users, userPatterns, groups, resources, verbs, outcomes, codes, named, time } = query;
  const filter: Clause[] = [];
  if (time) filter.push(inTime(time));
  if (users.length + userPatterns.length > 0)
    filter.push(
      either(
        ...[fields.user, fields.effectiveUser, fields.person].flatMap((field) => [
          ...(users.length > 0 ? [isOneOf(field, users)] : []),
          ...userPatterns.map((wildcard) => matches(field, wildcard)),
        ]),
      ),
    );
  if (query.persons.length > 0)
    filter.push(
      either(...query.persons.flatMap((person) => personFields.map((field) => isNamed(field, person)))),
    );
  if (query.addresses.length > 0)
    filter.push(either(...query.addresses.map((range) => is(fields.address, range))));
  if (query.credential !== undefined)
    filter.push(either(...Object.values(credentialFields).map((field) => is(field, query.credential!))));
  if (query.isGrant) filter.push(grantClause(verbs));
  if (groups.length > 0)
    filter.push(either(isOneOf(fields.group, groups), isOneOf(fields.effectiveGroup, groups)));
  if (verbs.length > 0) filter.push(isOneOf(fields.verb, verbs));
  if (resources.length > 0)
    filter.push(either(...resources.map((resource) => resourceClause(resource, named))));
  // Only the last stage of a request has its failure, so the others need not be read.
  if (outcomes.length > 0 && outcomes.every((outcome) => outcome === 'failure' || outcome === 'denied'))
    filter.push(outcomes.includes('failure') ? is(fields.outcome, 'failure') : is(fields.type, 'denied'));
  if (codes.length > 0 && codes.every(({ from }) => from >= 400))
    filter.push(
      either(...codes.map(({ from, to }) => ({ range: { [fields.code]: { gte: from, lte: to } } }))),
    );
  return both(...filter);
}

/** Events of a time range, both ends included. */
export function inTime({ since, until }: TimeRange): Clause {
  return { range: { [fields.time]: { gte: since, lte: until, format: 'epoch_millis' } } };
}

/** Requests on a resource, see {@link Resource}. */
export function resourceClause(wanted: Resource, named: boolean): Clause {
  if (wanted.kind === 'path')
    return wanted.isPrefix ? { prefix: { [fields.path]: wanted.path } } : is(fields.path, wanted.path);
  const { resource, group, parts } = wanted;
  const filter = [ofResource(resource)];
  if (group !== undefined) filter.push({ prefix: { [fields.apiVersion]: `${group}/` } });
  if (parts.length > 0)
    filter.push(either(...partClauses(resource, parts), ...(named ? [] : collections(wanted))));
  return both(...filter);
}

function partClauses(resource: string, parts: readonly string[]): Clause[] {
  const [first = any, second = any, third = any] = parts;
  if (parts.length === 3)
    return [both(fits(fields.namespace, first), fits(fields.name, second), ofSubresource(resource, third))];
  const last = ofSubresource(resource, parts.at(-1) ?? any);
  const isSubresource = endsWithSubresource(parts);
  if (parts.length === 1) {
    if (isSubresource) return [last];
    return [fits(fields.namespace, first), both(ofCluster, fits(fields.name, first)), last];
  }
  const inNamespace = both(exists(fields.namespace), fits(fields.namespace, first));
  return [
    both(inNamespace, isSubresource ? last : either(fits(fields.name, second), last)),
    both(ofCluster, fits(fields.name, first), last),
  ];
}

const ofCluster = not(exists(fields.namespace));

/** Requests on a whole collection that holds what was asked for: whoever lists secrets has read each of them. */
function collections({ parts, resource }: Extract<Resource, { kind: 'resource' }>): Clause[] {
  if (parts.length === 3 || endsWithSubresource(parts)) return [];
  const [namespace = any] = parts;
  const within = parts.length === 2 ? either(ofCluster, fits(fields.namespace, namespace)) : ofCluster;
  return [
    both(
      isOneOf(fields.verb, ['list', 'watch', 'deletecollection']),
      not(exists(fields.name)),
      withoutSubresource(resource),
      within,
    ),
  ];
}

function ofResource(resource: string): Clause {
  if (resource === any) return exists(fields.resource);
  return either(is(fields.resource, resource), { prefix: { [fields.resource]: `${resource}/` } });
}

function ofSubresource(resource: string, subresource: string): Clause {
  if (subresource === any) return anything;
  return resource === any
    ? { wildcard: { [fields.resource]: `*/${literal(subresource)}` } }
    : is(fields.resource, `${resource}/${subresource}`);
}

function withoutSubresource(resource: string): Clause {
  return resource === any ? not({ wildcard: { [fields.resource]: '*/*' } }) : is(fields.resource, resource);
}

/** Where a person's name may stand (ECS `user` and `related`). */
const personFields = [
  'related.user',
  ...['name', 'email', 'full_name'].flatMap((member) => [`user.${member}`, `user.effective.${member}`]),
];

function isNamed(field: string, pattern: NamePattern): Clause {
  return pattern.kind === 'name' ? is(field, pattern.name) : matches(field, pattern.wildcard);
}

function fits(field: string, part: string): Clause {
  return part === any ? anything : is(field, part);
}
