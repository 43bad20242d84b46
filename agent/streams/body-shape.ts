import { bodies } from './templates/audit.ts';
import type { Field } from './templates/fields.ts';

/**
 * What our mapping makes of a value. `undefined`: nothing, so that it may be anything.
 *
 * - `object`: its keys are paths, their dots as well; some of them are mapped
 * - `flat`: its keys are names; what its members hold may be anything, but for those that are named here
 * - `leaf`: one value, or an array of them
 * - `flattened`: an object of any members, within bounds
 */
export type BodyShape =
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, BodyShape> }
  | { readonly kind: 'flat'; readonly members: ReadonlyMap<string, BodyShape> }
  | { readonly kind: 'leaf' }
  | { readonly kind: 'flattened' };

export const flattened: BodyShape = { kind: 'flattened' };

/** What the template maps of the bodies, by the names that they have in the audit event. */
export const bodyShapes: ReadonlyMap<string, BodyShape> = new Map(
  Object.entries(bodies).map(([name, field]) => [name, shapeOf(field)]),
);

function shapeOf(field: Field): BodyShape {
  if (field['type'] === 'flattened') return flattened;
  if (field['properties'] === undefined) return { kind: 'leaf' };
  const isFlat = field['subobjects'] === false;
  const members = Object.entries(field['properties'] as Readonly<Record<string, Field>>)
    // A flat object leaves out of the index what does not fit, unless it is to be copied or flattened.
    .filter(([, inner]) => !isFlat || inner['type'] === 'flattened' || inner['copy_to'] !== undefined)
    .map(([name, inner]) => [name, shapeOf(inner)] as const);
  return { kind: isFlat ? 'flat' : 'object', members: new Map(members) };
}
