import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../error.ts';
import { ProofError } from './error.ts';
import { entryBytesMax } from './found.ts';
import { files, linksFolder } from './layout.ts';

/** All files together; proofs take less than the entries. */
const bytesMax = 2 * entryBytesMax;
const filesMax = 10_000;

/** The files of a proof's folder, by name. Throws ProofError `usage` where it is no such folder. */
export async function readFolder(folder: string): Promise<Map<string, Buffer>> {
  const content = new Map<string, Buffer>();
  let bytes = 0;
  try {
    const names = await readdir(folder);
    if (!names.includes(files.sums))
      throw new ProofError('usage', `${folder} is no proof: it has no ${files.sums}`);
    const linked = names.includes(linksFolder) ? await readdir(join(folder, linksFolder)) : [];
    const all = [...names, ...linked.map((name) => `${linksFolder}/${name}`)].filter(
      (name) => name !== linksFolder,
    );
    for (const name of all) {
      const path = join(folder, name);
      const { size } = await stat(path);
      bytes += size;
      if (bytes > bytesMax || content.size === filesMax)
        throw new ProofError('usage', `${folder} has more than a proof can have`);
      content.set(name, await readFile(path));
    }
  } catch (cause) {
    if (cause instanceof ProofError) throw cause;
    throw new ProofError('usage', `${folder} cannot be read: ${messageOf(cause)}`, { cause });
  }
  return content;
}
