import { parseArgs } from 'node:util';
import { buildImage } from './build-image.ts';

/** `node test/platform/image/build.ts REFERENCE [--version V] [--archive FILE]`: see buildImage. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { version: { type: 'string' }, archive: { type: 'string' } },
});
const [reference] = positionals;
if (reference === undefined) {
  process.stderr.write('usage: node test/platform/image/build.ts REFERENCE [--version V] [--archive FILE]\n');
  process.exit(64);
}
await buildImage({ reference, ...values });
