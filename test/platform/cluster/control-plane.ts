import { readFile } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { until } from '../../kit/agent/index.ts';
import { nodeAddress } from './host.ts';
import { Kubectl, kubeconfigFor } from './kubectl.ts';
import { Authority, tokenKeys } from './pki.ts';
import { Processes } from './processes.ts';
import type { Settings } from './settings.ts';

/** In the order of their start. */
const servers = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
const etcdUrl = 'http://127.0.0.1:2379';
const serviceAddresses = '10.96.0.0/16';
const startMillisecondsMax = 180_000;

/** The members of manifests/kubeadm-cluster-configuration.yaml that kubeadm makes flags of. */
const clusterConfiguration = z.object({
  apiServer: z.object({ extraArgs: z.array(z.object({ name: z.string(), value: z.string() })) }),
});

/** In place of a value of the manifest: small files, so that they rotate, and none deleted, so that all can be compared. */
const instead = new Map([
  ['audit-log-maxsize', '1'],
  ['audit-log-maxbackup', '1000'],
]);

export class ControlPlane {
  readonly authority: Authority;
  readonly processes: Processes;
  /** The cluster's administrator, as `/etc/kubernetes/admin.conf`. */
  readonly admin: Kubectl;
  readonly #settings: Settings;
  #auditFlags: readonly string[];
  #tokenKeys: { key: string; publicKey: string } | undefined;

  private constructor(
    settings: Settings,
    authority: Authority,
    processes: Processes,
    admin: Kubectl,
    auditFlags: readonly string[],
  ) {
    this.#settings = settings;
    this.authority = authority;
    this.processes = processes;
    this.admin = admin;
    this.#auditFlags = auditFlags;
  }

  /** The flags of the audit log that the apiserver has, with whatever else it was given. */
  get auditFlags(): readonly string[] {
    return this.#auditFlags;
  }

  get auditLog(): string {
    return this.#auditFlags.find((flag) => flag.startsWith('--audit-log-path='))!.slice(17);
  }

  /**
   * Starts all four and waits until they answer.
   *
   * @param auditFlags of the apiserver; those of our manifest for kubeadm if there are none
   */
  static async start(settings: Settings, auditFlags?: readonly string[]): Promise<ControlPlane> {
    const folder = (name: string) => {
      mkdirSync(join(settings.work, name), { recursive: true });
      return join(settings.work, name);
    };
    const authority = await Authority.make(folder('pki'), 'kubernetes');
    const certificate = await authority.client('admin', 'kubernetes-admin', ['system:masters']);
    const kubeconfig = await kubeconfigFor(folder('users'), 'admin', authority.file, { certificate });
    const admin = new Kubectl(settings.binaries.kubectl, kubeconfig, 'kubernetes-admin');
    const processes = new Processes(folder('logs'));
    const flags = auditFlags ?? (await flagsOfManifest());
    const plane = new ControlPlane(settings, authority, processes, admin, flags);
    if (!auditFlags) mkdirSync(dirname(plane.auditLog), { recursive: true });
    plane.#startEtcd();
    await plane.#startServers();
    return plane;
  }

  /** All but etcd, with other flags for the apiserver; those that do not end within the time are killed. */
  async restart(auditFlags: readonly string[], stopMillisecondsMax = 10_000): Promise<void> {
    for (const name of servers.toReversed()) await this.processes.stop(name, stopMillisecondsMax);
    this.#auditFlags = auditFlags;
    await this.#startServers();
  }

  /** No request is answered any more, and the audit log is complete. */
  async stop(): Promise<void> {
    for (const name of servers.toReversed()) await this.processes.stop(name, 120_000);
  }

  #startEtcd(): void {
    const { binaries, work } = this.#settings;
    this.processes.start('etcd', [
      binaries.etcd,
      `--data-dir=${join(work, 'etcd')}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      '--unsafe-no-fsync',
    ]);
  }

  async #startServers(): Promise<void> {
    const keys = (this.#tokenKeys ??= await tokenKeys(this.authority.folder));
    this.processes.start('kube-apiserver', [
      this.#settings.binaries['kube-apiserver'],
      `--etcd-servers=${etcdUrl}`,
      ...(await this.#apiserverFlags(keys)),
      ...this.auditFlags,
    ]);
    await this.#until(
      'kube-apiserver',
      async () => (await this.admin.run('get', '--raw', '/readyz')).code === 0,
    );
    await this.#startManager(keys.key);
    await this.#startScheduler();
    // Both are up once they hold their leases.
    for (const name of ['kube-controller-manager', 'kube-scheduler'])
      await this.#until(name, async () => {
        const holder = ['get', 'lease', name, '-n', 'kube-system', '-o', 'jsonpath={.spec.holderIdentity}'];
        return (await this.admin.run(...holder)).stdout !== '';
      });
    await this.#until('kube-controller-manager', async () => {
      const account = ['get', 'serviceaccount', 'default', '-n', 'default'];
      return (await this.admin.run(...account)).code === 0;
    });
  }

  /** As kubeadm sets them. */
  async #apiserverFlags(keys: { key: string; publicKey: string }): Promise<string[]> {
    const names = [
      'DNS:localhost',
      'DNS:kubernetes.default',
      'IP:127.0.0.1',
      `IP:${nodeAddress}`,
      'IP:10.96.0.1',
    ];
    const serving = await this.authority.server('apiserver', 'kube-apiserver', names);
    const kubelet = await this.authority.client('apiserver-kubelet', 'kube-apiserver-kubelet-client', [
      'system:masters',
    ]);
    return [
      `--advertise-address=${nodeAddress}`,
      `--tls-cert-file=${serving.certificate}`,
      `--tls-private-key-file=${serving.key}`,
      `--client-ca-file=${this.authority.file}`,
      `--kubelet-client-certificate=${kubelet.certificate}`,
      `--kubelet-client-key=${kubelet.key}`,
      '--kubelet-preferred-address-types=InternalIP,Hostname',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${keys.publicKey}`,
      `--service-account-signing-key-file=${keys.key}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      `--service-cluster-ip-range=${serviceAddresses}`,
    ];
  }

  async #startManager(tokenKey: string): Promise<void> {
    const kubeconfig = await this.#component('kube-controller-manager');
    this.processes.start('kube-controller-manager', [
      this.#settings.binaries['kube-controller-manager'],
      ...kubeconfigFlags(kubeconfig),
      '--bind-address=127.0.0.1',
      `--service-account-private-key-file=${tokenKey}`,
      `--root-ca-file=${this.authority.file}`,
      '--use-service-account-credentials=true',
      `--service-cluster-ip-range=${serviceAddresses}`,
      // Nodes that are only registered have no kubelet that would report.
      '--node-monitor-grace-period=24h',
      '--node-startup-grace-period=24h',
    ]);
  }

  async #startScheduler(): Promise<void> {
    const kubeconfig = await this.#component('kube-scheduler');
    const flags = [...kubeconfigFlags(kubeconfig), '--bind-address=127.0.0.1'];
    this.processes.start('kube-scheduler', [this.#settings.binaries['kube-scheduler'], ...flags]);
  }

  async #component(name: string): Promise<string> {
    const certificate = await this.authority.client(name, `system:${name}`);
    return await kubeconfigFor(join(this.#settings.work, 'users'), name, this.authority.file, {
      certificate,
    });
  }

  async #until(name: string, condition: () => Promise<boolean>): Promise<void> {
    const alive = async () => {
      this.processes.demandAlive(name);
      return await condition();
    };
    const why = () => `${name} does not answer:\n${this.processes.tail(name)}`;
    await until(alive, why, { millisecondsMax: startMillisecondsMax, everyMilliseconds: 250 });
  }
}

function kubeconfigFlags(file: string): string[] {
  return ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map(
    (name) => `--${name}=${file}`,
  );
}

/** The audit flags of the manifest for kubeadm, but for what `instead` says. */
async function flagsOfManifest(): Promise<string[]> {
  const file = join(import.meta.dirname, '../../../manifests/kubeadm-cluster-configuration.yaml');
  const { apiServer } = clusterConfiguration.parse(parse(await readFile(file, 'utf8')));
  return apiServer.extraArgs.map(({ name, value }) => `--${name}=${instead.get(name) ?? value}`);
}
