import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder of this name in the cache (default: `$XDG_CACHE_HOME/auditseal` or `~/.cache/auditseal`), which `make` fills
 * the first time. `target` is for messages.
 */
export async function cached(
  cacheDir: string | undefined,
  name: string,
  make: (folder: string, target: string) => Promise<void>,
): Promise<string> {
  const parent = cacheDir ?? join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'auditseal');
  const target = join(parent, name);
  if (await exists(target)) return target;
  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(`${target}.part-`);
  try {
    await make(temporary, target);
    // Only a whole folder ever gets the name. Of two processes at once the second finds it taken, which is as good.
    await rename(temporary, target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return target;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
