import { fileBytesMax, InputError, readTextFile } from '../../input/index.ts';
import { parseCheckpoint, parseWitnessKey, SealError, splitNote, splitNotes } from '../../seal/index.ts';
import { VerifyError } from '../../verify/index.ts';
import type { FixedHistory, KeptOptions, Summary } from '../../verify/index.ts';

/** Options that say what others have kept. */
export interface KeptFiles {
  checkpoint?: string[];
  witness?: string[];
  quorum?: number;
}

/** What the options say that others have kept; undefined where they say nothing. Throws VerifyError `usage`. */
export async function keptOf(options: KeptFiles): Promise<KeptOptions | undefined> {
  const { checkpoint: files = [], witness = [], quorum = witness.length } = options;
  if (options.quorum !== undefined && (quorum < 1 || quorum > witness.length))
    throw new VerifyError(
      'usage',
      `--quorum: it must be from 1 to the number of --witness, ${witness.length}`,
    );
  if (files.length + witness.length === 0) return undefined;
  const witnesses = witness.map((text) => fromUser('--witness', () => parseWitnessKey(text)));
  const checkpoints: { note: string; file: string }[] = [];
  for (const file of files) {
    const text = await readTextFile(file, fileBytesMax.trust).catch((cause: unknown) => {
      if (!(cause instanceof InputError)) throw cause;
      throw new VerifyError('usage', `--checkpoint: ${file} ${cause.message}`, { cause });
    });
    const notes = fromUser(`--checkpoint: ${file}`, () => {
      const found = splitNotes(text);
      for (const note of found) parseCheckpoint(splitNote(note).text);
      return found;
    });
    checkpoints.push(...notes.map((note) => ({ note, file })));
  }
  return { checkpoints, witnesses, quorum };
}

function fromUser<Value>(what: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof SealError) throw new VerifyError('usage', `${what}: ${cause.message}`, { cause });
    throw cause;
  }
}

/** Up to where history is fixed, and what is not yet. */
export function describeKept({ kept }: Summary): string[] {
  if (!kept) return [];
  return [
    ...kept.fixed.flatMap(describeFixed),
    ...kept.stamped.map(
      ({ origin, size, at, id }) =>
        `time-stamped: ${origin} at size ${size}, at ${at} by the word of the stamp, _id ${id}; openssl verifies whose word that is (docs/proof.md)`,
    ),
    ...kept.notCompared.map(
      ({ by, origin, size, why }) => `not compared: ${origin} at size ${size}, by ${by}: ${why}`,
    ),
  ];
}

function describeFixed({ origin, size, batch, sealedAt, by, at, openTo }: FixedHistory): string[] {
  const open = openTo === undefined ? [] : [openLine(origin, batch === undefined ? 0 : batch + 1, openTo)];
  if (size === 0) return open;
  const when = at === undefined ? '' : `, cosigned at ${at}`;
  return [
    `fixed: ${origin} up to size ${size}, batch ${batch}, sealed at ${sealedAt}, by ${by.join(', ')}${when}`,
    ...open,
  ];
}

function openLine(origin: string, from: number, to: number): string {
  const batches = from === to ? `batch ${to}` : `batches ${from} to ${to}`;
  return `not fixed: ${origin}, ${batches}: a thief of its current key could sign others in their place`;
}
