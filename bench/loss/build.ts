import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const peersCache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'auditseal/peers');

export interface Recipe {
  /** Names the folder in the cache, with a hash of all of this. */
  name: string;
  /** What decides about the result beside the steps, for example the sources. */
  from: readonly string[];
  /** Makes it in an empty folder. */
  make: (folder: string) => Promise<void>;
}

/**
 * The folder in which a recipe was made, once for ever; or, as a text in `missing`, why it cannot be made here. Whole or not at all,
 * however many make it at once.
 */
export async function made({ name, from, make }: Recipe): Promise<{ folder: string } | { missing: string }> {
  const hash = createHash('sha256').update(JSON.stringify(from)).digest('hex').slice(0, 12);
  const folder = join(peersCache, `${name}-${hash}`);
  if (existsSync(folder)) return { folder };
  const building = `${folder}.${process.pid}`;
  mkdirSync(building, { recursive: true });
  console.log(`building ${name} into ${folder}: this can take ten minutes, once`);
  try {
    await make(building);
    renameSync(building, folder);
    return { folder };
  } catch (error) {
    return { missing: error instanceof Error ? error.message.slice(-600) : String(error) };
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

/** Runs a command at low priority, for it must not disturb what is being measured. */
export async function command(folder: string, ...parameters: string[]): Promise<string> {
  const options = { cwd: folder, maxBuffer: 1 << 26, env: { ...process.env, GOFLAGS: '-buildvcs=false' } };
  return (await run('nice', ['-n', '19', ...parameters], options)).stdout;
}
