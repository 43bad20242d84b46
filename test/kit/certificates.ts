import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A key and certificates, PEM; the own one first, then whatever else is presented with it. */
export interface Identity {
  key: string;
  cert: string;
}

/** A CA of the test's own, and what it signs. Made with openssl in `folder`, which holds the private keys too. */
export class Authority {
  /** Path of its certificate, PEM. */
  readonly file: string;
  readonly #folder: string;
  readonly #name: string;

  private constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.file = join(folder, `${name}.pem`);
  }

  /** `like`: an impostor, of the same subject and key identifier as another one, with a key of its own. */
  static async make(folder: string, name: string, like?: Authority): Promise<Authority> {
    const authority = new Authority(folder, name);
    const identifier = like ? await subjectKeyIdentifier(like.file) : 'hash';
    const subject = ['-subj', '/CN=a test CA', '-addext', `subjectKeyIdentifier=${identifier}`];
    await authority.#request(name, ['-x509', '-days', '2', ...subject]);
    return authority;
  }

  /** SHA-256 of the CA's certificate, 64 hex digits, as Elasticsearch prints it at its first start. */
  async fingerprint(): Promise<string> {
    return fingerprintOf(await readFile(this.file, 'utf8'));
  }

  /** A server's certificate for these names (`DNS:…`, `IP:…`), presented together with the CA's. */
  async identity(name: string, altNames: string, { days = 2 } = {}): Promise<Identity> {
    const subject = ['-subj', '/CN=a test server', '-addext', `subjectAltName=${altNames}`];
    await this.#request(`${name}-request`, [...subject, '-addext', 'basicConstraints=critical,CA:FALSE']);
    // Not `req -x509`, which makes none that has expired.
    const ours = ['-CA', this.file, '-CAkey', this.#path(this.#name, 'key'), '-days', String(days)];
    const wanted = ['-in', this.#path(`${name}-request`, 'pem'), '-copy_extensions', 'copyall'];
    await run('openssl', ['x509', '-req', ...wanted, ...ours, '-out', this.#path(name, 'pem')]);
    const [key, cert, ca] = await Promise.all(
      [this.#path(`${name}-request`, 'key'), this.#path(name, 'pem'), this.file].map((file) =>
        readFile(file, 'utf8'),
      ),
    );
    return { key: key!, cert: `${cert}${ca}` };
  }

  async #request(name: string, args: readonly string[]): Promise<void> {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const out = ['-keyout', this.#path(name, 'key'), '-out', this.#path(name, 'pem')];
    await run('openssl', ['req', ...key, ...out, ...args]);
  }

  #path(name: string, kind: 'key' | 'pem'): string {
    return join(this.#folder, `${name}.${kind}`);
  }
}

/** Of the first certificate in a PEM text. */
export function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
}

async function subjectKeyIdentifier(file: string): Promise<string> {
  const { stdout } = await run('openssl', ['x509', '-in', file, '-noout', '-ext', 'subjectKeyIdentifier']);
  return stdout.trim().split('\n').at(-1)!.trim();
}
