import { accessSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../kit/agent/index.ts';
import { demand, run } from './processes.ts';
import type { Processes } from './processes.ts';
import { Unavailable } from './report.ts';

export const containerdSocket = '/run/containerd/containerd.sock';
/** Where Debian and where everybody else puts them. */
const networkPlugins = ['/usr/lib/cni', '/opt/cni/bin'];
const programs = ['containerd', 'ctr', 'runc'];
const packages = 'apt-get install containerd runc containernetworking-plugins';

/** The network of pods that a cluster's owner brings: each pod on one bridge of this node, 10.88.0.0/24. */
export const bridge = {
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [{ type: 'bridge', bridge: 'pods0', isGateway: true, ipMasq: false, ipam: addresses() }],
};

/** Pods that this node routes to, one by one: services answer them, too, without a bridge that calls iptables. */
export const routed = {
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [{ type: 'ptp', ipMasq: false, ipam: addresses() }],
};

function addresses(): object {
  return {
    type: 'host-local',
    ranges: [[{ subnet: '10.88.0.0/24' }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
}

export interface ContainerdOptions {
  /** A folder for its configuration. */
  work: string;
  pauseImage: string;
  network: object;
}

/** Starts it at {@link containerdSocket} and waits until it answers. Throws {@link Unavailable} where the machine has not what it needs. */
export async function startContainerd(
  processes: Processes,
  { work, pauseImage, network }: ContainerdOptions,
): Promise<void> {
  await demandContainerd();
  const networks = join(work, 'cni');
  await mkdir(networks, { recursive: true });
  await writeFile(join(networks, '10-pods.conflist'), JSON.stringify(network));
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const config = [
    'version = 2',
    'oom_score = 0',
    '[grpc]',
    `  address = "${containerdSocket}"`,
    `[${cri}]`,
    `  sandbox_image = "${pauseImage}"`,
    // Not every machine lets even root lower it.
    '  restrict_oom_score_adj = true',
    `[${cri}.cni]`,
    `  bin_dir = "${pluginFolder()}"`,
    `  conf_dir = "${networks}"`,
  ];
  const file = join(work, 'containerd.toml');
  await writeFile(file, `${config.join('\n')}\n`);
  processes.start('containerd', ['containerd', '--config', file]);
  const plugin = ['ctr', '--address', containerdSocket, 'plugins', 'ls', 'id==cri'];
  const answers = async () => {
    processes.demandAlive('containerd');
    return / ok\b/u.test((await run(plugin)).stdout);
  };
  const why = () => `containerd does not answer:\n${processes.tail('containerd')}`;
  await until(answers, why, { millisecondsMax: 180_000, everyMilliseconds: 500 });
}

/** Throws {@link Unavailable}, with the packages that are missing. */
export async function demandContainerd(): Promise<void> {
  for (const program of programs)
    if ((await run(['sh', '-c', `command -v ${program}`])).code !== 0)
      throw new Unavailable(`${program} is missing: ${packages}`);
  pluginFolder();
}

export async function importImage(archive: string): Promise<void> {
  await demand(['ctr', '--address', containerdSocket, '--namespace', 'k8s.io', 'images', 'import', archive]);
}

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
