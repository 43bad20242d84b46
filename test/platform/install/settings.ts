import { z } from 'zod';
import { binariesSchema } from '../cluster/binaries.ts';

/** What the part outside the namespaces hands to the part inside, as a file. */
export const settingsSchema = z.object({
  /** A temporary folder for everything; removed at the end by the part outside. */
  work: z.string(),
  platform: z.string(),
  /** Title of the route. */
  route: z.string(),
  binaries: binariesSchema,
  /** A Unix socket behind which Elasticsearch answers: it runs outside, and the network inside is one of its own. */
  elasticsearchSocket: z.string(),
  /** A file that appears when the image is built, or could not be: see image.ts. */
  imageFile: z.string(),
  /** What the platform made outside. */
  prepared: z.unknown(),
});
export type Settings = z.infer<typeof settingsSchema>;
