/** A clause of Elasticsearch's Query DSL. */
export type Clause = Readonly<Record<string, unknown>>;

export const anything: Clause = { match_all: {} };

export function is(field: string, value: string): Clause {
  return { term: { [field]: value } };
}

export function isOneOf(field: string, values: readonly string[]): Clause {
  return { terms: { [field]: values } };
}

/** @param wildcard as parseNamePattern makes them */
export function matches(field: string, wildcard: string): Clause {
  return { wildcard: { [field]: wildcard } };
}

export function exists(field: string): Clause {
  return { exists: { field } };
}

export function both(...filter: Clause[]): Clause {
  return { bool: { filter } };
}

export function either(...should: Clause[]): Clause {
  return { bool: { should, minimum_should_match: 1 } };
}

export function not(clause: Clause): Clause {
  return { bool: { must_not: [clause] } };
}
