import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().optional(),
  author: z.union([z.string(), z.object({ name: z.string() })]).optional(),
});
const licenceFile = /^(?:licen[cs]e|notice|copying)/iu;

/** The folders of the packages that these modules belong to, sorted; the bundler's own few lines count as its package. */
export function packageFolders(modules: readonly string[], bundler: string): string[] {
  const folders = modules.map((id) => {
    if (id.includes('rolldown/runtime')) return bundler;
    return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/u.exec(id)?.[0];
  });
  return [...new Set(folders.filter((folder) => folder !== undefined))].toSorted((a, b) =>
    a.localeCompare(b),
  );
}

/**
 * Writes name, version and licence texts (with notices, which Apache-2.0 asks to carry) of every package of which a part was bundled.
 * Rejects if one has neither a licence file nor names its licence.
 */
export async function writeThirdPartyLicenses(modules: readonly string[], file: string): Promise<void> {
  const bundler = join(dirname(new URL(import.meta.resolve('rolldown')).pathname), '..');
  const texts: string[] = [];
  for (const folder of packageFolders(modules, bundler)) texts.push(await licenceOf(folder));
  const rule = `\n${'-'.repeat(80)}\n\n`;
  await writeFile(file, ['auditseal contains code of these packages.\n', ...texts].join(rule));
}

async function licenceOf(folder: string): Promise<string> {
  const manifest = packageSchema.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
  const names = (await readdir(folder)).filter((name) => licenceFile.test(name)).toSorted();
  if (names.length === 0 && manifest.license === undefined) throw new Error(`${folder} names no licence`);
  const author = typeof manifest.author === 'object' ? manifest.author.name : manifest.author;
  const head = [`${manifest.name} ${manifest.version}`, manifest.license, author].filter(
    (part) => part !== undefined,
  );
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return [`${head.join(', ')}\n`, ...texts.map((text) => `${text.trim()}\n`)].join('\n');
}
