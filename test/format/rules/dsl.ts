/** A query of Elasticsearch's Query DSL. */
export type Dsl = Readonly<Record<string, unknown>>;

/** The path of a field of the audit event. */
export const audit = (field: string) => `kubernetes.audit.${field}`;

/** The field has one of these values. */
export function is(field: string, ...values: (string | number | boolean)[]): Dsl {
  return { terms: { [field]: values } };
}

/** The field has a value like one of these, in which `*` stands for anything. */
export function like(field: string, ...patterns: string[]): Dsl {
  return any(...patterns.map((value) => ({ wildcard: { [field]: { value } } })));
}

/** The field has a value that this expression of Lucene describes from its first to its last character. */
export function matches(field: string, value: string): Dsl {
  // Without Lucene's operators beyond the usual ones: & and # stand for themselves.
  return { regexp: { [field]: { value, flags: 'NONE' } } };
}

export const has = (field: string): Dsl => ({ exists: { field } });
export const not = (query: Dsl): Dsl => ({ bool: { must_not: query } });
export const all = (...queries: Dsl[]): Dsl => ({ bool: { filter: queries } });
export const any = (...queries: Dsl[]): Dsl => ({ bool: { should: queries, minimum_should_match: 1 } });
