import { basename, dirname, join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { messageOf } from '../../error.ts';
import { fileBytesMax, readTextFile } from '../../input/index.ts';
import { readTrust } from '../../trust/index.ts';
import { VerifyError } from '../../verify/index.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { sha256Of } from './files.ts';
import { signedBy } from './signature.ts';

/** Checks that a report, and what was signed with it, is what an operator of the trust file signed. Throws VerifyError, TrustError. */
export async function checkSignature(file: string, trustFile: string, terminal: Terminal): Promise<number> {
  const trust = await readTrust(trustFile);
  const noteFile = `${file}.note`;
  const note = await readTextFile(noteFile, fileBytesMax.secret).catch((cause: unknown) => {
    throw new VerifyError('usage', `${noteFile} ${messageOf(cause)}`, { cause });
  });
  const signed = signedBy(note, trust);
  if (typeof signed === 'string') {
    terminal.error(`auditseal report check: ${noteFile}: ${signed}\n`);
    return exitCode.unsure;
  }
  const { operator, digests } = signed;
  if (!digests.has(basename(file))) {
    terminal.error(
      `auditseal report check: ${noteFile} is of other files: ${[...digests.keys()].join(', ')}\n`,
    );
    return exitCode.unsure;
  }
  let code: number = exitCode.done;
  for (const [name, sha256] of digests) {
    const path = join(dirname(file), name);
    const bytes = name === basename(name) ? await readFile(path).catch(() => undefined) : undefined;
    const outcome =
      bytes === undefined ? 'cannot be read' : sha256Of(bytes) === sha256 ? 'as signed' : 'changed';
    if (outcome !== 'as signed') code = exitCode.unsure;
    terminal.out(`${path}: ${outcome}, by ${operator}\n`);
  }
  return code;
}
