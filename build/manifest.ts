import { writeFile } from 'node:fs/promises';
import { nodeMajorMin } from '../agent/cli/node-version.ts';
import own from '../package.json' with { type: 'json' };

/** The package's own package.json: what it needs is bundled, so it depends on nothing but Node. */
export async function writeManifest(file: string): Promise<void> {
  const { name, version, description, license, keywords, homepage, repository, bugs } = own;
  const manifest = {
    name,
    version,
    description,
    license,
    keywords,
    homepage,
    repository,
    bugs,
    type: 'module',
    bin: { auditseal: 'auditseal.js' },
    man: ['./auditseal.1'],
    engines: { node: `>=${nodeMajorMin}` },
  };
  await writeFile(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}
