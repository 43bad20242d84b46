import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { server } from './host.ts';
import type { Certificate } from './pki.ts';
import { demand, run } from './processes.ts';
import type { Ran } from './processes.ts';

/** Writes a kubeconfig for this server, with a certificate or a token; returns its path. */
export async function kubeconfigFor(
  folder: string,
  name: string,
  authorityFile: string,
  by: { certificate: Certificate } | { token: string },
): Promise<string> {
  const user =
    'token' in by
      ? { token: by.token }
      : { 'client-certificate': by.certificate.certificate, 'client-key': by.certificate.key };
  const file = join(folder, `${name}.conf`);
  // JSON is YAML.
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kubernetes', cluster: { server, 'certificate-authority': authorityFile } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: 'kubernetes', user: name } }],
    'current-context': name,
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

/** The real kubectl, for one user. */
export class Kubectl {
  readonly kubeconfig: string;
  /** Who the apiserver takes it for. */
  readonly user: string;
  readonly #binary: string;

  constructor(binary: string, kubeconfig: string, user: string) {
    this.#binary = binary;
    this.kubeconfig = kubeconfig;
    this.user = user;
  }

  /** Runs it to its end, whatever its exit code. */
  async run(...args: string[]): Promise<Ran> {
    return await run([this.#binary, ...args], { env: this.#env });
  }

  /** Its standard output; rejects with what it says where it fails. */
  async demand(...args: string[]): Promise<string> {
    return await demand([this.#binary, ...args], { env: this.#env });
  }

  /** As {@link run}, with objects on its standard input (`-f -`). */
  async runWith(objects: string | object, ...args: string[]): Promise<Ran> {
    const input = typeof objects === 'string' ? objects : JSON.stringify(objects);
    return await run([this.#binary, ...args], { env: this.#env, input });
  }

  /** As {@link demand}, with objects on its standard input (`-f -`). */
  async demandWith(objects: string | object, ...args: string[]): Promise<string> {
    const input = typeof objects === 'string' ? objects : JSON.stringify(objects);
    return await demand([this.#binary, ...args], { env: this.#env, input });
  }

  /** What `-o json` prints. */
  async json(...args: string[]): Promise<unknown> {
    return JSON.parse(await this.demand(...args, '-o', 'json'));
  }

  get #env(): NodeJS.ProcessEnv {
    // Its caches go beside the file, too.
    return { ...process.env, KUBECONFIG: this.kubeconfig, HOME: dirname(this.kubeconfig) };
  }
}
