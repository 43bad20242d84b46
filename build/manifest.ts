import { writeFile } from 'node:fs/promises';
import { nodeMajorMin } from '../agent/cli/node-version.ts';
import repository from '../package.json' with { type: 'json' };

/** The package's own package.json: what it needs is bundled, so it depends on nothing but Node. */
export async function writeManifest(file: string): Promise<void> {
  const { name, version, description, license } = repository;
  const manifest = {
    name,
    version,
    description,
    license,
    type: 'module',
    bin: { auditseal: 'auditseal.js' },
    man: ['./auditseal.1'],
    engines: { node: `>=${nodeMajorMin}` },
  };
  await writeFile(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}
