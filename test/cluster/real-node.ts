import { accessSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { until } from '../agent/index.ts';
import type { ControlPlane } from './control-plane.ts';
import { nodeAddress } from './host.ts';
import { kubeconfigFor } from './kubectl.ts';
import { pauseImage, writePauseImage } from './pause-image.ts';
import { demand, run } from './processes.ts';
import { Unavailable } from './report.ts';
import type { Settings } from './settings.ts';

const socket = '/run/containerd/containerd.sock';
/** Where Debian and where everybody else puts them. */
const networkPlugins = ['/usr/lib/cni', '/opt/cni/bin'];
const programs = ['containerd', 'ctr', 'runc'];
const packages = 'apt-get install containerd runc containernetworking-plugins';

/** A real kubelet with containerd and runc, that registers itself as a control-plane node. */
export class RealNode {
  readonly name: string;
  readonly #plane: ControlPlane;
  readonly #settings: Settings;

  constructor(name: string, plane: ControlPlane, settings: Settings) {
    this.name = name;
    this.#plane = plane;
    this.#settings = settings;
  }

  /** Resolves when the node is ready. Throws {@link Unavailable} where the machine has not what it needs. */
  async start(): Promise<void> {
    if (!this.#settings.root) throw new Unavailable('a kubelet has to be started by root');
    for (const program of programs)
      if ((await run(['sh', '-c', `command -v ${program}`])).code !== 0)
        throw new Unavailable(`${program} is missing: ${packages}`);
    await this.#startContainerd(pluginFolder());
    await this.importImage(await writePauseImage(this.#settings.binaries.pause, this.#settings.work));
    await this.#startKubelet();
    const ready = ['wait', '--for=condition=Ready', `node/${this.name}`, '--timeout=5s'];
    await this.#until('kubelet', async () => (await this.#plane.admin.run(...ready)).code === 0);
    // As kubeadm does: a kubelet may not give itself a role.
    const label = 'node-role.kubernetes.io/control-plane=';
    await this.#plane.admin.demand('label', 'node', this.name, label);
  }

  async importImage(archive: string): Promise<void> {
    await demand(['ctr', '--address', socket, '--namespace', 'k8s.io', 'images', 'import', archive]);
  }

  async #startContainerd(plugins: string): Promise<void> {
    const network = join(this.#settings.work, 'cni');
    await mkdir(network, { recursive: true });
    await writeFile(join(network, '10-bridge.conflist'), JSON.stringify(bridge));
    const cri = 'plugins."io.containerd.grpc.v1.cri"';
    const config = [
      'version = 2',
      'oom_score = 0',
      '[grpc]',
      `  address = "${socket}"`,
      `[${cri}]`,
      `  sandbox_image = "${pauseImage}"`,
      // Not every machine lets even root lower it.
      '  restrict_oom_score_adj = true',
      `[${cri}.cni]`,
      `  bin_dir = "${plugins}"`,
      `  conf_dir = "${network}"`,
    ];
    const file = join(this.#settings.work, 'containerd.toml');
    await writeFile(file, `${config.join('\n')}\n`);
    this.#plane.processes.start('containerd', ['containerd', '--config', file]);
    const plugin = ['ctr', '--address', socket, 'plugins', 'ls', 'id==cri'];
    await this.#until('containerd', async () => / ok\b/u.test((await run(plugin)).stdout));
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
      containerRuntimeEndpoint: `unix://${socket}`,
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: this.#plane.authority.file },
      },
      authorization: { mode: 'Webhook' },
      registerWithTaints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
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

const bridge = {
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'pods0',
      isGateway: true,
      ipMasq: false,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: '10.88.0.0/24' }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
};

function pluginFolder(): string {
  for (const folder of networkPlugins)
    try {
      accessSync(join(folder, 'bridge'));
      return folder;
    } catch {
      continue;
    }
  throw new Unavailable(`no network plugins in ${networkPlugins.join(' or ')}: ${packages}`);
}
