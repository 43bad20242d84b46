import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { until } from '../../kit/agent/index.ts';
import { bridge, containerdSocket, importImage, startContainerd } from './containerd.ts';
import type { ControlPlane } from './control-plane.ts';
import { nodeAddress } from './host.ts';
import { kubeconfigFor } from './kubectl.ts';
import { pauseImage, writePauseImage } from './pause-image.ts';
import { Unavailable } from './report.ts';
import type { Settings } from './settings.ts';

/** What marks a node as one of a control plane. */
interface NodeRole {
  /** As `kubectl label` takes it. */
  label: string;
  taints: readonly { key: string; effect: string }[];
}

const role = 'node-role.kubernetes.io/control-plane';
const ofKubeadm: NodeRole = { label: `${role}=`, taints: [{ key: role, effect: 'NoSchedule' }] };

/** A real kubelet with containerd and runc, that registers itself as a control-plane node. */
export class RealNode {
  readonly name: string;
  readonly #plane: ControlPlane;
  readonly #settings: Settings;
  readonly #role: NodeRole;

  constructor(name: string, plane: ControlPlane, settings: Settings, nodeRole = ofKubeadm) {
    this.name = name;
    this.#plane = plane;
    this.#settings = settings;
    this.#role = nodeRole;
  }

  /** Resolves when the node is ready. Throws {@link Unavailable} where the machine has not what it needs. */
  async start(): Promise<void> {
    if (!this.#settings.root) throw new Unavailable('a kubelet has to be started by root');
    const { work } = this.#settings;
    await startContainerd(this.#plane.processes, { work, pauseImage, network: bridge });
    await this.importImage(await writePauseImage(this.#settings.binaries.pause, work));
    await this.#startKubelet();
    const ready = ['wait', '--for=condition=Ready', `node/${this.name}`, '--timeout=5s'];
    await this.#until('kubelet', async () => (await this.#plane.admin.run(...ready)).code === 0);
    // As kubeadm does: a kubelet may not give itself a role.
    await this.#plane.admin.demand('label', 'node', this.name, this.#role.label);
  }

  async importImage(archive: string): Promise<void> {
    await importImage(archive);
  }

  async #startKubelet(): Promise<void> {
    const { authority, processes } = this.#plane;
    const { work, binaries } = this.#settings;
    const certificate = await authority.client('kubelet', `system:node:${this.name}`, ['system:nodes']);
    const users = join(work, 'users');
    const kubeconfig = await kubeconfigFor(users, 'kubelet', authority.file, { certificate });
    const file = join(work, 'kubelet.yaml');
    await writeFile(file, stringify(this.#kubeletConfig()));
    processes.start('kubelet', [
      binaries.kubelet,
      `--config=${file}`,
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${this.name}`,
      `--node-ip=${nodeAddress}`,
    ]);
  }

  #kubeletConfig(): object {
    return {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      containerRuntimeEndpoint: `unix://${containerdSocket}`,
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: this.#plane.authority.file },
      },
      authorization: { mode: 'Webhook' },
      registerWithTaints: this.#role.taints,
      // Nothing is asked of the cgroups that this machine has.
      cgroupDriver: 'cgroupfs',
      cgroupsPerQOS: false,
      enforceNodeAllocatable: [],
      failCgroupV1: false,
      failSwapOn: false,
      oomScoreAdj: 0,
      makeIPTablesUtilChains: false,
      imageGCHighThresholdPercent: 100,
      evictionHard: { 'memory.available': '50Mi' },
    };
  }

  async #until(name: string, condition: () => Promise<boolean>): Promise<void> {
    const { processes } = this.#plane;
    const alive = async () => {
      processes.demandAlive(name);
      return await condition();
    };
    const why = () => `${name} is not ready:\n${processes.tail(name)}`;
    await until(alive, why, { millisecondsMax: 180_000, everyMilliseconds: 500 });
  }
}
