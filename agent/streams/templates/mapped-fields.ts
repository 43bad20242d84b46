import type { Field } from './fields.ts';

/**
 * All fields that a mapping indexes, by their full names, with what it says of each; of a flat object its members' names may hold
 * dots.
 */
export function mappedFields({ properties }: Field): ReadonlyMap<string, Field> {
  return new Map(fieldsOf('', properties));
}

function fieldsOf(prefix: string, properties: unknown): [name: string, field: Field][] {
  return Object.entries((properties ?? {}) as Readonly<Record<string, Field>>).flatMap(([name, field]) =>
    field['properties'] === undefined
      ? [[`${prefix}${name}`, field] as [string, Field]]
      : fieldsOf(`${prefix}${name}.`, field['properties']),
  );
}

/** What a mapping says of a field, in one order; other fields made of its value do not change what is found by it. */
export function printedField({ fields: _fields, ...field }: Field): string {
  return JSON.stringify(Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
