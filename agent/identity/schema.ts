import { z } from 'zod';
import { defaultPlaces } from './default-places.ts';

const placesMax = 64;
const text = z.string().min(1).max(1024);

const place = z
  .strictObject({
    of: z.enum(['user', 'impersonatedUser']),
    extra: text.optional(),
    member: text.optional(),
    prefix: text.optional(),
    actors: z.array(text).min(1).max(placesMax).optional(),
    claimed: z.boolean().default(false),
  })
  .refine(({ extra, prefix }) => extra !== undefined || prefix !== undefined, {
    error: 'must have extra or prefix: the name itself is in user.name already',
  })
  .refine(({ extra, member }) => member === undefined || extra !== undefined, {
    path: ['member'],
    error: 'goes with extra: it is a member of the JSON text there',
  });

/** The places of a configuration. */
export const placesSchema = z
  .array(place)
  .max(placesMax)
  .default(() => placesCopy());

/** YAML prints an object that is there twice as an alias, so the lists that default places share are copied. */
function placesCopy(): z.output<typeof place>[] {
  return defaultPlaces.map(({ actors, ...rest }) => ({ ...rest, ...(actors && { actors: [...actors] }) }));
}
