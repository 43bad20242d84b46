import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const bundled = process.env['AUDITSEAL_TEST_PROGRAMS'];

/** The commands as they are shipped: bundled once for the whole run (programs-setup.ts). Without vitest, from their source. */
export const main = bundled === undefined ? join(root, 'agent/cli/main.ts') : join(bundled, 'auditseal.js');

/** `child.ts` of the tree with `agent/` and `test/`, bundled where it is this one. */
export function childOf(tree: string | undefined): string {
  if (tree === undefined && bundled !== undefined) return join(bundled, 'child.js');
  return join(tree ?? root, 'test/kit/agent/child.ts');
}
