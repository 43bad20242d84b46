import type { Field } from './fields.ts';

/** The full names of all fields that a mapping indexes; of a flat object its members' names may hold dots. */
export function mappedNames({ properties }: Field): string[] {
  return Object.entries((properties ?? {}) as Readonly<Record<string, Field>>).flatMap(([name, field]) =>
    field['properties'] === undefined ? [name] : mappedNames(field).map((inner) => `${name}.${inner}`),
  );
}
