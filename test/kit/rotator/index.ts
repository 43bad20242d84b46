import { execFile, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const SOURCES = ['go.mod', 'go.sum', 'main.go'];

/**
 * The path of the real lumberjack writer (see main.go for its flags and commands), built once into the cache
 * folder, or undefined, said on standard error, where Go is missing.
 * @throws if Go is there and the build fails
 */
export async function buildRotator(): Promise<string | undefined> {
  const folder = import.meta.dirname;
  const hash = createHash('sha256');
  for (const name of SOURCES) hash.update(await readFile(join(folder, name)));
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'auditseal');
  const binary = join(cache, `rotator-${hash.digest('hex').slice(0, 16)}`);
  if (
    await access(binary).then(
      () => true,
      () => false,
    )
  )
    return binary;
  const run = promisify(execFile);
  try {
    await run('go', ['version']);
  } catch {
    console.error(
      'Go is missing: tests with the real lumberjack are skipped; install Go 1.21 or newer to run them',
    );
    return undefined;
  }
  await mkdir(cache, { recursive: true });
  const building = `${binary}.${process.pid}`;
  await run('go', ['build', '-o', building, '.'], {
    cwd: folder,
    env: { ...process.env, GOFLAGS: '-buildvcs=false' },
  });
  // Whole or not at all, however many build at once.
  await rename(building, binary);
  return binary;
}

export interface RotatorSettings {
  path: string;
  maxSizeMiB?: number;
  maxBackups?: number;
  compress?: boolean;
}

/** The writer as a running process. Each promise resolves when lumberjack has done it. */
export class Rotator {
  readonly process: ChildProcessWithoutNullStreams;
  readonly #answers: PromiseWithResolvers<void>[] = [];

  constructor(binary: string, { path, maxSizeMiB = 100, maxBackups = 0, compress = false }: RotatorSettings) {
    const flags = [
      `-path=${path}`,
      `-maxsize=${maxSizeMiB}`,
      `-maxbackups=${maxBackups}`,
      `-compress=${compress}`,
    ];
    this.process = spawn(binary, flags);
    this.process.stderr.pipe(process.stderr);
    createInterface(this.process.stdout).on('line', () => this.#answers.shift()?.resolve());
    this.process.on('exit', () => {
      for (const answer of this.#answers.splice(0)) answer.reject(new Error('the rotator has exited'));
    });
  }

  /** Writes whole lines, each in one write. */
  async write(lines: string): Promise<void> {
    this.process.stdin.write(lines);
    await this.#command('!sync');
  }

  rotate(): Promise<void> {
    return this.#command('!rotate');
  }

  /** Ends the process and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.process;
    if (exitCode !== null || signalCode !== null) return;
    const exited = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stdin.end();
    await exited;
  }

  #command(line: string): Promise<void> {
    const answer = Promise.withResolvers<void>();
    this.#answers.push(answer);
    this.process.stdin.write(`${line}\n`);
    return answer.promise;
  }
}
