import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const root = join(import.meta.dirname, '../../..');

export interface Ran {
  code: number;
  out: string;
  error: string;
}

/** Runs a program to its end; Node is the one that runs this. */
export function run(program: string, parameters: readonly string[], cwd: string): Promise<Ran> {
  const env = {
    ...process.env,
    PATH: `${join(process.execPath, '..')}:${process.env['PATH']}`,
    // Nothing may be fetched: nobody answers there.
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_offline: 'true',
  };
  return new Promise((resolve, reject) => {
    execFile(program, parameters, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (failure, out, error) => {
      if (failure && typeof failure.code !== 'number') reject(failure);
      else resolve({ code: Number(failure?.code ?? 0), out, error });
    });
  });
}

export interface Installed {
  /** The folder in which it was installed, and of the built package. */
  folder: string;
  built: string;
  /** What npm put into `node_modules/.bin`. */
  command: string;
  /** Paths in the tarball. */
  files: string[];
}

/** Builds the package, packs it, and installs the tarball in an empty folder inside `folder`, without a registry. */
export async function installPackage(folder: string): Promise<Installed> {
  const built = join(folder, 'built');
  await succeed(process.execPath, [join(root, 'build/main.ts'), built], root);
  const packed = await succeed('npm', ['pack', built, '--pack-destination', folder, '--json'], folder);
  const [tarball] = z
    .array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }))
    .parse(JSON.parse(packed));
  const empty = join(folder, 'auditor');
  await mkdir(empty);
  await writeFile(join(empty, 'package.json'), '{}');
  await succeed('npm', ['install', join('..', tarball?.filename ?? '')], empty);
  return {
    folder: empty,
    built,
    command: join(empty, 'node_modules/.bin/auditseal'),
    files: (tarball?.files ?? []).map(({ path }) => path).toSorted(),
  };
}

async function succeed(program: string, parameters: readonly string[], cwd: string): Promise<string> {
  const { code, out, error } = await run(program, parameters, cwd);
  if (code !== 0) throw new Error(`${program} ${parameters.join(' ')}: ${code}\n${error}`);
  return out;
}
