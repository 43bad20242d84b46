import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundle } from '../../../build/bundle.ts';

/**
 * The tests start some thousand processes of the agent and its commands. Bundled, as they are shipped, and with a compile cache of
 * the run's own, which Node fills at the first, each takes a quarter of the processor time to start.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'auditseal-programs-'));
  const build = async () =>
    void (await bundle(join(folder, 'dist'), { child: join(import.meta.dirname, 'child.ts') }));
  await build();
  project.onTestsRerun(build);
  process.env['AUDITSEAL_TEST_PROGRAMS'] = join(folder, 'dist');
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'cache');
  // A process that is just ending may still write into it.
  return () => rm(folder, { recursive: true, force: true, maxRetries: 10 });
}
