import type { TimeRange } from '../verify/index.ts';
import { fields } from './fields.ts';
import { any, endsWithSubresource } from './resource.ts';
import type { Resource } from './resource.ts';

/** What became of a request. `denied` is a part of `failure`: refused by authentication, authorization or admission. */
export type Outcome = 'success' | 'failure' | 'denied' | 'unknown';

/** A question: who did what on what. Of the values of a member any one will do; an empty member selects everything. */
export interface Query {
  /** Names of who authenticated, or of whom was impersonated. */
  users: readonly string[];
  groups: readonly string[];
  resources: readonly Resource[];
  verbs: readonly string[];
  outcomes: readonly Outcome[];
  /** True: without requests on whole collections that hold what was asked for. */
  named: boolean;
  time: TimeRange | undefined;
}

/** A clause of Elasticsearch's Query DSL. */
type Clause = Readonly<Record<string, unknown>>;

/** As much of a question as Elasticsearch can decide by one event; what became of a request follows only from all its stages. */
export function clauseOf(query: Query): Clause {
  const { users, groups, resources, verbs, outcomes, named, time } = query;
  const filter: Clause[] = [];
  if (time) filter.push(inTime(time));
  if (users.length > 0)
    filter.push(either(isOneOf(fields.user, users), isOneOf(fields.effectiveUser, users)));
  if (groups.length > 0)
    filter.push(either(isOneOf(fields.group, groups), isOneOf(fields.effectiveGroup, groups)));
  if (verbs.length > 0) filter.push(isOneOf(fields.verb, verbs));
  if (resources.length > 0)
    filter.push(either(...resources.map((resource) => resourceClause(resource, named))));
  // Only the last stage of a request has its failure, so the others need not be read.
  if (outcomes.length > 0 && outcomes.every((outcome) => outcome === 'failure' || outcome === 'denied'))
    filter.push(outcomes.includes('failure') ? is(fields.outcome, 'failure') : is(fields.type, 'denied'));
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
  const inNamespace = both({ exists: { field: fields.namespace } }, fits(fields.namespace, first));
  return [
    both(inNamespace, isSubresource ? last : either(fits(fields.name, second), last)),
    both(ofCluster, fits(fields.name, first), last),
  ];
}

const ofCluster = not({ exists: { field: fields.namespace } });

/** Requests on a whole collection that holds what was asked for: whoever lists secrets has read each of them. */
function collections({ parts, resource }: Extract<Resource, { kind: 'resource' }>): Clause[] {
  if (parts.length === 3 || endsWithSubresource(parts)) return [];
  const [namespace = any] = parts;
  const within = parts.length === 2 ? either(ofCluster, fits(fields.namespace, namespace)) : ofCluster;
  return [
    both(
      isOneOf(fields.verb, ['list', 'watch', 'deletecollection']),
      not({ exists: { field: fields.name } }),
      withoutSubresource(resource),
      within,
    ),
  ];
}

function ofResource(resource: string): Clause {
  if (resource === any) return { exists: { field: fields.resource } };
  return either(is(fields.resource, resource), { prefix: { [fields.resource]: `${resource}/` } });
}

function ofSubresource(resource: string, subresource: string): Clause {
  if (subresource === any) return everything;
  return resource === any
    ? { wildcard: { [fields.resource]: `*/${literal(subresource)}` } }
    : is(fields.resource, `${resource}/${subresource}`);
}

function withoutSubresource(resource: string): Clause {
  return resource === any ? not({ wildcard: { [fields.resource]: '*/*' } }) : is(fields.resource, resource);
}

/** For a wildcard query. */
function literal(text: string): string {
  return text.replaceAll(/[*?\\]/gu, String.raw`\$&`);
}

const everything: Clause = { match_all: {} };

function fits(field: string, part: string): Clause {
  return part === any ? everything : is(field, part);
}

function is(field: string, value: string): Clause {
  return { term: { [field]: value } };
}

function isOneOf(field: string, values: readonly string[]): Clause {
  return { terms: { [field]: values } };
}

function both(...filter: Clause[]): Clause {
  return { bool: { filter } };
}

function either(...should: Clause[]): Clause {
  return { bool: { should, minimum_should_match: 1 } };
}

function not(clause: Clause): Clause {
  return { bool: { must_not: [clause] } };
}
