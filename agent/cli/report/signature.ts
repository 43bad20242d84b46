import { basename } from 'node:path';
import { openNote, parseVerifierKey, SealError, signNote } from '../../seal/index.ts';
import type { SigningKey } from '../../seal/index.ts';
import type { TrustFile } from '../../trust/index.ts';

/** A file of a report. */
export interface Digest {
  /** Its path; its name alone is signed. */
  file: string;
  /** Hex. */
  sha256: string;
}

/** First line of what is signed: nothing else that an operator signs begins so. */
const header = 'auditseal report v1';

/** As `sha256sum` prints it (GNU coreutils). */
export function sumLines(digests: readonly Digest[]): string {
  return digests.map(({ file, sha256 }) => `${sha256}  ${basename(file)}\n`).join('');
}

/** A C2SP signed note over the digests. */
export function signReport(digests: readonly Digest[], key: SigningKey): string {
  return signNote(`${header}\n${sumLines(digests)}`, key);
}

/**
 * Who signed the digests of a note, and these by file name; or why nobody whom the trust file names has. `note` is what
 * {@link signReport} made.
 */
export function signedBy(
  note: string,
  { operators }: Pick<TrustFile, 'operators'>,
): { operator: string; digests: ReadonlyMap<string, string> } | string {
  for (const vkey of operators) {
    const key = parseVerifierKey(vkey);
    const text = opened(note, key);
    if (text === undefined) continue;
    const [first, ...sums] = text.trimEnd().split('\n');
    if (first !== header) return `${key.name} signed something else`;
    const digests = new Map<string, string>();
    for (const sum of sums) {
      const [, sha256, name] = /^([\da-f]{64})  (.+)$/u.exec(sum) ?? [];
      if (sha256 === undefined || name === undefined) return 'it has a line that is no digest';
      digests.set(name, sha256);
    }
    return { operator: key.name, digests };
  }
  return 'no operator of the trust file signed it';
}

function opened(note: string, key: Parameters<typeof openNote>[1]): string | undefined {
  try {
    return openNote(note, key);
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}
