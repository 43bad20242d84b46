import { termUnitsMax, textUnitsMax } from '../../event/index.ts';

/**
 * The kinds of field that our mappings are made of. Each accepts whatever a client of the apiserver can put there, as far
 * as Elasticsearch lets it: a value that does not fit is left out of the index, the document stays.
 * Only types of the server's core are used: `wildcard`, `constant_keyword` and `match_only_text` are separate modules.
 */
export type Field = Readonly<Record<string, unknown>>;

/** Exact matching. Longer values are not indexed, so that nobody gets a document refused by a long one. */
export const keyword: Field = { type: 'keyword', ignore_above: termUnitsMax };
export const text: Field = { type: 'text' };
export const long: Field = { type: 'long', ignore_malformed: true };
export const float: Field = { type: 'float', ignore_malformed: true };
export const boolean: Field = { type: 'boolean', ignore_malformed: true };
export const ip: Field = { type: 'ip', ignore_malformed: true };
export const date: Field = { type: 'date', ignore_malformed: true };
/** The time of a data stream, which must parse. */
export const timestamp: Field = { type: 'date' };
/** Only in `_source`: no length limit, no cost. */
export const sourceOnly: Field = { type: 'keyword', index: false, doc_values: false };

/** Exact, and by its words too, as `.text`. */
export const words: Field = { ...keyword, fields: { text } };
/**
 * Every member by its own name, however many there are, in one field. Exact matches alone, and no arithmetic; a value that is no object
 * has the document refused, so do a key with U+0000, one that is longer than a term of Lucene, and more than 20 levels.
 */
export const flattened: Field = { type: 'flattened', ignore_above: textUnitsMax };

/** A field whose values are found under another name too. An object in their place has the document refused. */
export function copied(field: Field, ...to: string[]): Field {
  return { ...field, copy_to: to };
}

/** Another name that searches may use for the field at `path`; Elasticsearch refuses a document that has a member of this name. */
export function alias(path: string): Field {
  return { type: 'alias', path };
}

/** An object of which only these fields are indexed. */
export function object(properties: Readonly<Record<string, Field>>): Field {
  return { type: 'object', dynamic: false, properties };
}

/**
 * An object whose keys may have dots, begin or end with one, or be nothing else: they are names, not paths. Its members are
 * mapped by their whole path, dots in between, and take values of any type: what does not fit is not indexed. Objects in
 * an array among its members are not looked into (seen on 8.19.9 and 9.5.3).
 */
export function flatObject(properties: Readonly<Record<string, Field>>): Field {
  return { type: 'object', dynamic: false, subobjects: false, properties };
}

/** One keyword each. */
export function keywords(...names: string[]): Record<string, Field> {
  return Object.fromEntries(names.map((name) => [name, keyword]));
}

/** Of ECS 9.4's `event`, what events and verdicts both have. */
export const eventKeywords = keywords(
  'kind',
  'category',
  'type',
  'action',
  'outcome',
  'reason',
  'id',
  'dataset',
  'module',
  'provider',
);
