import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { z } from 'zod';
import type { Buildah } from './buildah.ts';

/** A folder or file of this machine in a container. */
export interface Mount {
  source: string;
  destination: string;
  writable?: boolean;
}

export interface Ran {
  code: number | null;
  out: string;
  error: string;
}

const imageSchema = z.object({
  OCIv1: z.object({
    config: z.object({
      User: z.string(),
      Env: z.array(z.string()),
      Entrypoint: z.array(z.string()),
      Cmd: z.array(z.string()),
      WorkingDir: z.string(),
      Labels: z.record(z.string(), z.string()),
      Volumes: z.record(z.string(), z.object({})),
    }),
  }),
});
export type ImageConfig = z.infer<typeof imageSchema>['OCIv1']['config'];

/** An image laid out on the disk, to be looked at and run. `await using` removes it. */
export class Unpacked {
  /** Where its root folder is. */
  readonly root: string;
  readonly config: ImageConfig;
  readonly #buildah: Buildah;
  readonly #container: string;
  readonly #folder: string;

  private constructor(
    root: string,
    config: ImageConfig,
    buildah: Buildah,
    container: string,
    folder: string,
  ) {
    this.root = root;
    this.config = config;
    this.#buildah = buildah;
    this.#container = container;
    this.#folder = folder;
  }

  static async open(buildah: Buildah, reference: string): Promise<Unpacked> {
    const inspected = await buildah.run('inspect', '--type', 'image', reference);
    const { config } = imageSchema.parse(JSON.parse(inspected)).OCIv1;
    const container = await buildah.run('from', '--pull-never', reference);
    const root = await buildah.run('mount', container);
    return new Unpacked(root, config, buildah, container, await mkdtemp(join(tmpdir(), 'auditseal-runc-')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#buildah.run('rm', this.#container);
    await rm(this.#folder, { recursive: true });
  }

  /** Its files, each once: paths from its root, mode, size in bytes. */
  async files(): Promise<{ path: string; mode: number; size: number }[]> {
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => {
        // readdir goes through links to folders, too: /lib is /usr/lib.
        if ((await realpath(parentPath)) !== parentPath) return [];
        const { mode, size } = await stat(join(parentPath, name));
        return [{ path: relative(this.root, join(parentPath, name)), mode, size }];
      });
    return (await Promise.all(files)).flat();
  }

  /**
   * Starts it by runc as a kubelet would with `args` (CMD if there are none), `runAsUser: uid`, `readOnlyRootFilesystem`, all capabilities
   * dropped and no escalation, in the network of the host. `command` takes the place of the entrypoint, too, `cwd` that of WORKDIR.
   */
  async start(
    args: readonly string[],
    uid: number,
    mounts: readonly Mount[],
    command?: string[],
    cwd = this.config.WorkingDir,
  ): Promise<Running> {
    const bundle = await mkdtemp(join(this.#folder, 'bundle-'));
    const process = {
      user: { uid, gid: uid },
      args: [
        ...(command ?? this.config.Entrypoint),
        ...(args.length > 0 || command ? args : this.config.Cmd),
      ],
      env: this.config.Env,
      cwd,
      capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
      noNewPrivileges: true,
    };
    const spec = {
      ociVersion: '1.0.2',
      process,
      root: { path: this.root, readonly: true },
      mounts: [
        { destination: '/proc', type: 'proc', source: 'proc' },
        {
          destination: '/dev',
          type: 'tmpfs',
          source: 'tmpfs',
          options: ['nosuid', 'mode=755', 'size=65536k'],
        },
        ...mounts.map(({ source, destination, writable }) => ({
          destination,
          type: 'bind',
          source,
          options: ['rbind', writable ? 'rw' : 'ro'],
        })),
      ],
      linux: { namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })) },
    };
    await writeFile(join(bundle, 'config.json'), JSON.stringify(spec));
    await mkdir(join(this.#folder, 'state'), { recursive: true });
    const id = bundle.slice(bundle.lastIndexOf('/') + 1);
    return new Running(
      spawn('runc', ['--root', join(this.#folder, 'state'), 'run', '--bundle', bundle, id], {
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  /** The same, to its end. */
  async run(
    args: readonly string[],
    uid: number,
    mounts: readonly Mount[] = [],
    command?: string[],
    cwd?: string,
  ): Promise<Ran> {
    const running = await this.start(args, uid, mounts, command, cwd);
    return await running.ended;
  }
}

/** A container that runs. */
export class Running {
  /** What it has said so far. */
  out = '';
  error = '';
  readonly ended: Promise<Ran>;
  readonly #runc: ChildProcess;

  constructor(runc: ChildProcess) {
    this.#runc = runc;
    runc.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    runc.stderr?.setEncoding('utf8').on('data', (text: string) => (this.error += text));
    this.ended = once(runc, 'close').then(([code]) => ({
      code: code as number | null,
      out: this.out,
      error: this.error,
    }));
  }

  /** SIGTERM, which runc hands on; resolves when the container has ended. */
  async stop(): Promise<Ran> {
    this.#runc.kill('SIGTERM');
    return await this.ended;
  }
}
