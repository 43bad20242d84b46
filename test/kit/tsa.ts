import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether openssl is on this machine; without it what it would do is not tested. */
export const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const config = `
[req]
distinguished_name = name
[name]
[tsa]
default_tsa = own
[own]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_alg = sha256
[stamps]
extendedKeyUsage = critical,timeStamping
`;

/** A time-stamping authority of openssl's, with a certificate of its own, on loopback where it is asked to. */
export class Tsa implements AsyncDisposable {
  readonly #folder: string;
  #server: Server | undefined;
  asked = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<Tsa> {
    const folder = await mkdtemp(join(tmpdir(), 'tsa-'));
    await writeFile(join(folder, 'config'), config);
    await writeFile(join(folder, 'serial'), '01\n');
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem'];
    const about = ['-subj', '/CN=tsa', '-days', '2', '-extensions', 'stamps', '-config', 'config'];
    await run('openssl', ['req', '-x509', ...key, '-out', 'ca.pem', ...about], { cwd: folder });
    return new Tsa(folder);
  }

  get caFile(): string {
    return join(this.#folder, 'ca.pem');
  }

  async reply(query: Buffer): Promise<Buffer> {
    const cwd = this.#folder;
    await writeFile(join(cwd, 'query'), query);
    const files = ['-queryfile', 'query', '-signer', 'ca.pem', '-inkey', 'key.pem', '-out', 'reply'];
    await run('openssl', ['ts', '-reply', '-config', 'config', '-section', 'own', ...files], { cwd });
    return await readFile(join(cwd, 'reply'));
  }

  /** Its URL. */
  async serve(): Promise<string> {
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      this.asked += 1;
      const reply = await this.reply(await buffer(request));
      response.writeHead(200, { 'Content-Type': 'application/timestamp-reply' }).end(reply);
    };
    this.#server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/tsr`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server?.close();
    this.#server?.closeAllConnections();
    await rm(this.#folder, { recursive: true });
  }
}
