import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { root } from './root.ts';
import { runTimeFiles } from './run-time-files.ts';

/**
 * Writes the commands and all that they import into `folder` as a few flat ES modules, `auditseal.js` first; not minified, so that
 * a stack trace and an auditor can read them; `others`, by name, are further programs beside them. Returns the ids of the modules that went in. Rejects on any warning: most are code
 * that would fail when it runs.
 */
export async function bundle(folder: string, others: Record<string, string> = {}): Promise<string[]> {
  await using build = await rolldown({
    cwd: root,
    input: { auditseal: join(root, 'agent/cli/entry.ts'), ...others },
    platform: 'node',
    // Importing Elastic's client does nothing by itself; without this, its 278 files of API methods would all be loaded.
    treeshake: { moduleSideEffects: (id) => !/\/@elastic\/(?:elasticsearch|transport)\//u.test(id) },
    plugins: [runTimeFiles()],
    onwarn(warning) {
      throw new Error(`the bundle: ${warning.message}`);
    },
  });
  const { output } = await build.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  });
  return output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
}
