import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };

const dockerfile = await readFile(join(import.meta.dirname, '../../../Dockerfile'), 'utf8');

test('the Dockerfile pins its bases by digest and labels the image with the version of the package', () => {
  const bases = [...dockerfile.matchAll(/^ARG NODE_\w+=(\S+)$/gmu)].map(([, base]) => base);
  expect(bases).toEqual([
    expect.stringMatching(/^docker\.io\/library\/node:26\S*@sha256:[0-9a-f]{64}$/u),
    expect.stringMatching(/^gcr\.io\/distroless\/nodejs26-debian13:nonroot@sha256:[0-9a-f]{64}$/u),
  ]);
  expect(dockerfile).toContain(`ARG VERSION=${manifest.version}\n`);
});
