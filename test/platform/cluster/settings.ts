import { z } from 'zod';
import { binariesSchema } from './binaries.ts';

/** What the part outside the namespaces hands to the part inside, as a file. */
export const settingsSchema = z.object({
  /** A temporary folder for everything; removed at the end by the part outside. */
  work: z.string(),
  binaries: binariesSchema,
  /** A Unix socket behind which Elasticsearch answers: it runs outside, and the network inside is one of its own. */
  elasticsearchSocket: z.string(),
  /** Whether it is root outside the namespaces, too. */
  root: z.boolean(),
  /** A file that appears when the images are built, or cannot be: see images.ts. */
  imagesFile: z.string(),
});
export type Settings = z.infer<typeof settingsSchema>;
