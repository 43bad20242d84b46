import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Etcd, freePort } from '../../../../bench/etcd/etcd.ts';
import { until } from '../../../kit/agent/index.ts';
import { Authority, tokenKeys } from '../pki.ts';
import type { Certificate } from '../pki.ts';
import { Processes } from '../processes.ts';
import { Client } from './client.ts';
import { levels } from './scene.ts';

const startMillisecondsMax = 180_000;
/** Who prepares what the plants need, with his name as the token; nothing of him is recorded. */
export const administrator = 'administrator';

/** A real etcd and a real kube-apiserver on the loopback interface, with nothing else of a cluster. */
export class Apiserver {
  readonly authority: Authority;
  readonly url: string;
  readonly auditLog: string;
  /** What it was started with. */
  flags: readonly string[] = [];
  readonly #etcd: Etcd;
  readonly #processes: Processes;
  readonly #client: Client;

  private constructor(work: string, authority: Authority, url: string, etcd: Etcd, processes: Processes) {
    this.authority = authority;
    this.url = url;
    this.auditLog = join(work, 'audit.log');
    this.#etcd = etcd;
    this.#processes = processes;
    this.#client = new Client(url, authority.file);
  }

  /** @param more flags beside those that it needs */
  static async start(
    work: string,
    binaries: { etcd: string; apiserver: string },
    more: readonly string[] = [],
  ): Promise<Apiserver> {
    const [pki, logs] = [join(work, 'pki'), join(work, 'logs')];
    for (const folder of [pki, logs]) await mkdir(folder);
    const authority = await Authority.make(pki, 'canaries');
    const etcd = await Etcd.start(binaries.etcd, join(work, 'etcd'));
    const port = await freePort();
    const server = new Apiserver(work, authority, `https://127.0.0.1:${port}`, etcd, new Processes(logs));
    const flags = await server.#flags(work, port);
    server.flags = [...flags, ...more];
    server.#processes.start('kube-apiserver', [binaries.apiserver, ...server.flags]);
    await until(
      async () => {
        server.#processes.demandAlive('kube-apiserver');
        const answer = await server.admin('GET', '/readyz').catch(() => undefined);
        return answer?.code === 200;
      },
      () => server.#processes.tail('kube-apiserver'),
      { millisecondsMax: startMillisecondsMax, everyMilliseconds: 250 },
    );
    return server;
  }

  /** A front proxy, which tells the apiserver who asks and with which extra. */
  async frontProxy(): Promise<Client> {
    const certificate: Certificate = await this.authority.client('front-proxy', 'front-proxy');
    return new Client(this.url, this.authority.file, certificate);
  }

  client(): Client {
    return new Client(this.url, this.authority.file);
  }

  async admin(method: string, path: string, body?: unknown): Promise<{ code: number; body: string }> {
    const type = 'application/json';
    const sent = { method, path, ...(body !== undefined && { type, body: JSON.stringify(body) }) };
    return await this.#client.send(sent, `Bearer ${administrator}`);
  }

  /** @throws with the apiserver's words where it did not do it */
  async create(path: string, object: unknown): Promise<void> {
    const { code, body } = await this.admin('POST', path, object);
    if (code !== 201) throw new Error(`POST ${path}: ${code} ${body}`);
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.#processes.stop('kube-apiserver', 60_000);
    await this.#etcd.stop();
  }

  async #flags(work: string, port: number): Promise<string[]> {
    const keys = await tokenKeys(this.authority.folder);
    const serving = await this.authority.server('apiserver', 'apiserver', ['IP:127.0.0.1', 'DNS:localhost']);
    const tokens = join(work, 'tokens.csv');
    const users = [administrator, ...levels];
    await writeFile(tokens, users.map((user) => `${user},${user},${user},"system:masters"\n`).join(''));
    return [
      `--etcd-servers=${this.#etcd.url}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--tls-cert-file=${serving.certificate}`,
      `--tls-private-key-file=${serving.key}`,
      `--token-auth-file=${tokens}`,
      `--requestheader-client-ca-file=${this.authority.file}`,
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${keys.publicKey}`,
      `--service-account-signing-key-file=${keys.key}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--authorization-mode=RBAC',
      // Pods without a controller that would make their accounts.
      '--disable-admission-plugins=ServiceAccount',
      `--audit-policy-file=${join(import.meta.dirname, 'policy.yaml')}`,
      `--audit-log-path=${this.auditLog}`,
      '--audit-log-mode=blocking',
    ];
  }
}
