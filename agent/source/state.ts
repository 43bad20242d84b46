import * as z from 'zod';
import { SourceError } from './error.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const fileId = z.string().regex(/^[0-9a-f]{64}#(0|[1-9][0-9]{0,9})$/);
const bytes = z.int().min(0);

/**
 * What is remembered of one file. `device`, `inode`, `birthMilliseconds` (0: unknown) and `path` are hints that only
 * break ties: inodes are reused, names change. The content decides: the beginning is in `id`, and `check` is the
 * SHA-256 of the up to 1,024 bytes before `offset`.
 */
const fileRecord = z.strictObject({
  id: fileId,
  path: z.string().max(4096),
  device: z.string().max(20),
  inode: z.string().max(20),
  birthMilliseconds: z.number(),
  /** The end of what was read and committed, in uncompressed bytes. */
  offset: bytes,
  check: hash,
  /** The largest uncompressed size seen. */
  size: bytes,
  /** Read to its end, or nothing more is to be had from it. */
  ended: z.boolean(),
  after: fileId.optional(),
  /** It ended because it was cut in place: a shorter copy of it holds nothing new. */
  truncated: z.literal(true).optional(),
  /** Its `corrupt` gap was reported. */
  corrupt: z.literal(true).optional(),
});

/** The most files a state remembers; a file beyond that is covered by `floor`. */
export const filesMax = 400;

const tailState = z.strictObject({
  v: z.literal(1),
  /** The file of the committed position; its record holds the offset. Absent before the first line. */
  current: fileId.optional(),
  files: z.array(fileRecord).max(filesMax),
  /** Backups with this timestamp in their name, or an earlier one, are read: forgotten to keep the state small. */
  floor: z.string().max(64).optional(),
});

export type FileRecord = z.infer<typeof fileRecord>;
/** The durable state of one source: plain JSON, at most some hundred files. */
export type TailState = z.infer<typeof tailState>;

/** The state of a source that has read nothing. */
export const emptyTailState: TailState = { v: 1, files: [] };

/**
 * Checks a saved state (the parsed JSON of what `stateAt()` returned).
 * @throws SourceError `state`: written by a newer version, or damaged.
 */
export function parseTailState(json: unknown): TailState {
  const version = z.object({ v: z.number() }).safeParse(json);
  if (version.success && version.data.v > 1) {
    throw new SourceError(
      'state',
      `saved read position: version ${version.data.v} is newer than this agent's 1; run the newer agent`,
    );
  }
  const parsed = tailState.safeParse(json);
  if (!parsed.success) {
    const why = z.prettifyError(parsed.error);
    throw new SourceError('state', `saved read position is damaged; restore or remove the state: ${why}`);
  }
  const { current, files } = parsed.data;
  if (current !== undefined && !files.some((file) => file.id === current)) {
    throw new SourceError(
      'state',
      `saved read position is damaged: no record of its file ${current}; restore or remove the state`,
    );
  }
  return parsed.data;
}
