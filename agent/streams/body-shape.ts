import { audit } from './templates/audit.ts';
import type { Field } from './templates/fields.ts';

/**
 * What our mapping makes of a value. `undefined`: nothing, so that it may be anything.
 *
 * - `object`: its keys are paths, their dots as well; some of them are mapped
 * - `flat`: its keys are names; what its members hold may be anything
 * - `leaf`: one value, or an array of them
 */
export type BodyShape =
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, BodyShape> }
  | { readonly kind: 'flat' }
  | { readonly kind: 'leaf' };

/** What the template maps of the bodies, by the names that they have in the audit event. */
export const bodyShapes: ReadonlyMap<string, BodyShape> = new Map(
  ['requestObject', 'responseObject'].map((name) => [name, shapeOf(propertiesOf(audit)[name]!)]),
);

function shapeOf(field: Field): BodyShape {
  if (field['properties'] === undefined) return { kind: 'leaf' };
  if (field['subobjects'] === false) return { kind: 'flat' };
  const members = Object.entries(propertiesOf(field)).map(([name, inner]) => [name, shapeOf(inner)] as const);
  return { kind: 'object', members: new Map(members) };
}

function propertiesOf(field: Field): Readonly<Record<string, Field>> {
  return field['properties'] as Readonly<Record<string, Field>>;
}
