import { sbom } from './sbom.ts';

/** `npm run --silent sbom`: the software bill of materials on standard output. */
process.stdout.write(await sbom());
