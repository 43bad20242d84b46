import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** v0.10.0 needs Go 1.27. */
const version = 'v0.9.0';

/** The path of a program of filippo.io/torchwood, built once into the cache folder. Throws where Go is missing. */
export async function torchwood(program: 'litewitness' | 'witnessctl' | 'spicy'): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'auditseal', `torchwood-${version}`);
  const binary = join(folder, program);
  if (existsSync(binary)) return binary;
  await mkdir(folder, { recursive: true });
  const from = `filippo.io/torchwood/cmd/${program}@${version}`;
  await run('go', ['install', from], {
    cwd: folder,
    env: { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' },
  });
  return binary;
}

/** A real litewitness on loopback, with a key of its own in an ssh-agent of its own. */
export class Litewitness implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #agent: ChildProcess;
  #process: ChildProcess | undefined;
  vkey = '';

  private constructor(folder: string, agent: ChildProcess, port: number) {
    this.#folder = folder;
    this.#agent = agent;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(folder: string, name: string): Promise<Litewitness> {
    const key = join(folder, 'key');
    const socket = join(folder, 's');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    while (!existsSync(socket)) await new Promise((resolve) => setImmediate(resolve));
    await run('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    const { stdout } = await run('ssh-keygen', ['-l', '-f', `${key}.pub`]);
    const witness = new Litewitness(folder, agent, await freePort());
    await witness.#begin(name, stdout.split(' ')[1]!);
    return witness;
  }

  async #begin(name: string, fingerprint: string): Promise<void> {
    const listen = this.url.slice('http://'.length);
    const flags = ['-name', name, '-key', fingerprint, '-ssh-agent', join(this.#folder, 's')];
    this.#process = spawn(
      await torchwood('litewitness'),
      [...flags, '-db', join(this.#folder, 'witness.db'), '-listen', listen],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const lines = createInterface(this.#process.stderr!);
    createInterface(this.#process.stdout!).on('line', () => undefined);
    for await (const line of lines) {
      const found = new RegExp(`${name.replaceAll('.', String.raw`\.`)}\\+[0-9a-f]{8}\\+[\\w+/=]+`, 'u').exec(
        line,
      );
      if (found) this.vkey = found[0];
      if (/listen/iu.test(line) && this.vkey !== '') break;
    }
    this.#process.stderr!.resume();
  }

  async addLog(origin: string, vkey: string): Promise<void> {
    const database = ['-db', join(this.#folder, 'witness.db'), '-origin', origin];
    const control = await torchwood('witnessctl');
    await run(control, ['add-log', ...database]);
    await run(control, ['add-key', ...database, '-key', vkey]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.#process, this.#agent]) {
      if (!child || child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
