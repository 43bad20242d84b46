import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The tests start some hundred processes of the agent from its source. With a compile cache of the run's own, which Node fills at
 * the first, each of the others takes half the processor time to start.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'auditseal-compile-cache-'));
  process.env['NODE_COMPILE_CACHE'] = folder;
  // A process that is just ending may still write into it.
  return () => rm(folder, { recursive: true, force: true, maxRetries: 10 });
}
