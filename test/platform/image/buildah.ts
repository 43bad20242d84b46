import { execFile } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Unavailable } from '../cluster/report.ts';

const run = promisify(execFile);

const stepsMax = 100;

/** Where the images of these tests are kept, apart from those of the machine: `$XDG_CACHE_HOME/auditseal/images`. */
export const imagesFolder = join(
  process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
  'auditseal',
  'images',
);

/**
 * Debian's buildah (1.28 in Debian 12) and runc, installed by apt-get where they are missing, and called with storage and policy of our own: no
 * image can be pulled, and none of the machine's is seen. Needs root: chroot isolation, since machines of CI grant no user namespaces.
 */
export class Buildah {
  readonly #env: NodeJS.ProcessEnv;

  private constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Throws {@link Unavailable} where one is missing and apt-get cannot install it. */
  static async open(): Promise<Buildah> {
    await install(['buildah', 'runc']);
    const temporary = join(imagesFolder, 'tmp');
    await mkdir(temporary, { recursive: true });
    const storage = join(imagesFolder, 'storage.conf');
    await writeFile(
      storage,
      `[storage]\ndriver = "overlay"\nrunroot = "${imagesFolder}/run"\ngraphroot = "${imagesFolder}/store"\n`,
    );
    const registries = join(imagesFolder, 'registries.conf');
    await writeFile(registries, 'unqualified-search-registries = []\n');
    await writeFile(join(imagesFolder, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}\n');
    const buildah = new Buildah({
      ...process.env,
      CONTAINERS_STORAGE_CONF: storage,
      CONTAINERS_REGISTRIES_CONF: registries,
      BUILDAH_ISOLATION: 'chroot',
      TMPDIR: temporary,
    });
    await buildah.#forget();
    return buildah;
  }

  /** Steps of earlier builds, a few hundred megabytes each where packages were installed, serve as a cache up to a bound. */
  async #forget(): Promise<void> {
    const steps = await this.run('images', '--all', '--quiet', '--filter', 'dangling=true');
    // What a build beside us uses stays, and that is said; it is forgotten another time.
    if (steps.split('\n').length > stepsMax)
      await this.run('rmi', '--prune', '--force').catch(() => undefined);
  }

  /** Standard output of `buildah COMMAND …`, trimmed. Rejects with what it said. */
  async run(command: string, ...parameters: string[]): Promise<string> {
    const policy = ['build', 'push', 'from', 'commit'].includes(command)
      ? ['--signature-policy', join(imagesFolder, 'policy.json')]
      : [];
    const options = { env: this.#env, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await run('buildah', [command, ...policy, ...parameters], options).catch(
      ({ stderr, message }: Error & { stderr?: string }) => {
        throw new Error(`buildah ${command}: ${(stderr ?? message).slice(-4096)}`);
      },
    );
    return stdout.trim();
  }
}

async function install(programs: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const program of programs) if (!(await onPath(program))) missing.push(program);
  if (missing.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['update', '-qq'], { env });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
  } catch (error) {
    throw new Unavailable(`missing: ${missing.join(', ')} (${String(error)})`, { cause: error });
  }
}

async function onPath(program: string): Promise<boolean> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const found = await access(join(folder, program)).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
