import { execFile, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { setOf } from './judge.ts';
import type { Judgement, Named } from './judge.ts';

const run = promisify(execFile);

/** The verifier in test/format/independent; see {@link buildGo}. */
export async function buildIndependent(): Promise<string | undefined> {
  return await buildGo('independent');
}

/**
 * The path of the program in test/format/NAME, built once for its sources into the cache folder; undefined, said on
 * standard error, where Go is missing.
 * @throws if Go is there and the build fails
 */
export async function buildGo(program: 'independent' | 'stock'): Promise<string | undefined> {
  const source = join(import.meta.dirname, '..', program);
  const names = (await readdir(source)).filter(
    (name) => !name.endsWith('_test.go') && /\.(?:go|mod|sum)$/u.test(name),
  );
  const hash = createHash('sha256');
  for (const name of names.toSorted()) hash.update(name).update(await readFile(join(source, name)));
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'auditseal');
  const binary = join(cache, `${program}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(binary)) return binary;
  try {
    await run('go', ['version']);
  } catch {
    console.error(
      `Go is missing: nothing is compared with test/format/${program}; install Go 1.21 or newer to test it`,
    );
    return undefined;
  }
  await mkdir(cache, { recursive: true });
  const building = `${binary}.${process.pid}`;
  await run('go', ['build', '-o', building, '.'], {
    cwd: source,
    env: { ...process.env, GOFLAGS: '-buildvcs=false' },
  });
  // Whole or not at all, however many build at once.
  await rename(building, binary);
  return binary;
}

/** The independent verifier as a running process that judges one dump folder after another. */
export class Independent implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: PromiseWithResolvers<Judgement>[] = [];
  #said = '';

  constructor(binary: string) {
    this.#process = spawn(binary, ['-']);
    this.#process.stderr.on('data', (bytes: Buffer) => (this.#said = (this.#said + bytes).slice(-2000)));
    createInterface(this.#process.stdout).on('line', (line) => {
      const { findings, exit } = JSON.parse(line) as { findings: Named[]; exit: number };
      this.#answers.shift()?.resolve({ findings: setOf(findings), exit });
    });
    this.#process.on('exit', (code) => {
      for (const answer of this.#answers.splice(0))
        answer.reject(new Error(`the independent verifier ended with ${code}: ${this.#said}`));
    });
  }

  judge(folder: string): Promise<Judgement> {
    const answer = Promise.withResolvers<Judgement>();
    this.#answers.push(answer);
    this.#process.stdin.write(`${folder}\n`);
    return answer.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.stdin.end();
    await exited;
  }
}
