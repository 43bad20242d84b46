import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../error.ts';
import { logIdOf, sha256, sharedProofsText, tlogProofText } from '../seal/index.ts';
import { ProofError } from './error.ts';
import { files, linkFiles, linksFolder } from './layout.ts';
import type { Proof } from './make.ts';
import { prove, proveTogether } from './prove.ts';
import { readmeOf } from './readme.ts';

const newline = Buffer.of(0x0a);

/** The files of a proof, by name. */
export function filesOf({ batches, chains }: Proof): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  const put = (name: string, content: string | Buffer) => found.set(name, Buffer.from(content));
  const [first] = batches;
  const isOne = batches.length === 1 && first?.leaves.length === 1;
  if (first && isOne) {
    const [one] = prove(first.record, first.leaves);
    put(files.event, one!.entry);
    put(files.eventProof, tlogProofText(one!.proof));
  } else {
    const lines = batches.flatMap(({ leaves }) => leaves.flatMap(({ entry }) => [entry, newline]));
    put(files.events, Buffer.concat(lines));
    const shared = batches.map(({ record, leaves }) =>
      proveTogether(
        record,
        leaves.map(({ index }) => index),
      ),
    );
    put(files.eventsProof, sharedProofsText(shared));
  }
  const starts = new Set<string>();
  for (const { start, links } of chains.values()) {
    starts.add(start);
    for (const { vkey, entry, proof } of links) {
      const names = linkFiles(logIdOf(vkey));
      put(names.manifest, entry);
      put(names.proof, tlogProofText(proof));
    }
  }
  put(
    files.keys,
    [...starts]
      .toSorted()
      .map((vkey) => `${vkey}\n`)
      .join(''),
  );
  put(files.readme, readmeOf(isOne ? first.record.key.text : undefined));
  put(files.sums, sumsOf(found));
  return found;
}

/** As `sha256sum` writes them, in order of the names. */
export function sumsOf(content: ReadonlyMap<string, Buffer>): string {
  return [...content]
    .filter(([name]) => name !== files.sums)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, bytes]) => `${sha256(bytes).toString('hex')}  ${name}\n`)
    .join('');
}

/** Writes a proof into a folder, which is made, and must be empty if it is there. Throws ProofError `usage`. */
export async function writeProof(folder: string, proof: Proof): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length > 0)
      throw new ProofError('usage', `${folder} is not empty: a proof is a folder of its own`);
    const content = filesOf(proof);
    if ([...content.keys()].some((name) => name.startsWith(`${linksFolder}/`)))
      await mkdir(join(folder, linksFolder));
    for (const [name, bytes] of content) await writeFile(join(folder, name), bytes, { flag: 'wx' });
  } catch (cause) {
    if (cause instanceof ProofError) throw cause;
    throw new ProofError('usage', `${folder} cannot be written: ${messageOf(cause)}`, { cause });
  }
}
