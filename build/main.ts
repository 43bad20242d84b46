import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { root } from './root.ts';
import { writeManifest } from './manifest.ts';
import { writeManual } from './man.ts';
import { writeSbom } from './sbom.ts';
import { writeThirdPartyLicenses } from './third-party-licenses.ts';

/**
 * `npm run build [-- FOLDER]`: fills FOLDER (default dist/), which is both the npm package and what the image runs: the
 * commands as plain JavaScript with everything they import, the files that they read, the manual page, licences and the SBOM.
 */
const folder = process.argv[2] ?? join(root, 'dist');
// It is emptied: a folder of somebody else, given by mistake, must not be.
const before = existsSync(folder) ? await readdir(folder) : [];
if (before.length > 0 && !before.includes('auditseal.js'))
  throw new Error(
    `${folder} holds what is not an earlier build: give an empty folder, or one that is not there`,
  );
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const bundled = await bundle(folder);
await chmod(join(folder, 'auditseal.js'), 0o755);
await writeThirdPartyLicenses(bundled, join(folder, 'THIRD-PARTY-LICENSES.txt'));
await writeManifest(join(folder, 'package.json'));
await writeManual(join(folder, 'auditseal.1'));
await writeSbom(join(folder, 'auditseal.cdx.json'));
for (const name of ['LICENSE', 'README.md']) await cp(join(root, name), join(folder, name));
process.stdout.write(`${folder}: ${bundled.length} modules\n`);
