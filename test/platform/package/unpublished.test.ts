import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));

/** What a reader may paste, or a cluster may pull. */
const read = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['bench', 'charts', 'docs', 'manifests']
    .flatMap(filesIn)
    .filter((path) => /\.(?:md|yaml|json|tpl|txt)$/u.test(path)),
];

/** Whoever registers such a name runs code where it is fetched: of the image, as root on control planes. */
const fetches = [
  /\b(?:npx|npm exec|pnpx|bunx|pnpm dlx|yarn dlx)\s+(?:-\S+\s+)*auditseal\b/gu,
  /\bnpm (?:i|install|add)\s+(?:-\S+\s+)*auditseal\b/gu,
  /\b(?:ghcr\.io|quay\.io|docker\.io|gcr\.io|registry\.k8s\.io)\/[\w.-]*\/?auditseal\b/gu,
  /\bhelm (?:repo add|install|pull|upgrade)\b[^\n]*\b(?:oci|https?):\/\/\S*auditseal/gu,
];

test.each(read)('%s fetches nothing of a name that nobody has published', (path) => {
  const text = readFileSync(join(root, path), 'utf8');
  expect(fetches.flatMap((pattern) => text.match(pattern) ?? [])).toEqual([]);
});

test.each([
  '$ npx auditseal verify',
  '$ npx --yes auditseal verify',
  '$ npm install -g auditseal',
  'image: ghcr.io/auditseal/auditseal:0.1.0',
  '$ helm install auditseal oci://registry.example/charts/auditseal',
])('and a page with `%s` would be found', (line) => {
  expect(fetches.some((pattern) => line.search(pattern) >= 0)).toBe(true);
});
