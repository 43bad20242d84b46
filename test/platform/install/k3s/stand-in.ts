import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ControlPlane } from '../../cluster/control-plane.ts';
import { RealNode } from '../../cluster/real-node.ts';
import { hostName } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { readK3sConfig } from './config.ts';

const configFile = '/etc/rancher/k3s/config.yaml';
const kubeconfigFile = '/etc/rancher/k3s/k3s.yaml';
const serverFolder = '/var/lib/rancher/k3s/server';

/** What this stand-in makes something of. */
const knownKeys = new Set(['kube-apiserver-arg', 'write-kubeconfig-mode']);

/**
 * In the place of `k3s server`: upstream's components, that k3s is made of, where k3s has its configuration, folders, kubeconfig and labels. It says
 * nothing about k3s itself.
 */
export class K3sStandIn {
  readonly #plane: ControlPlane;

  private constructor(plane: ControlPlane) {
    this.#plane = plane;
  }

  /** With the configuration that is there; resolves when its node is ready. */
  static async start({ settings, person }: Machine): Promise<K3sStandIn> {
    await mkdir(serverFolder, { recursive: true, mode: 0o700 });
    await mkdir(dirname(kubeconfigFile), { recursive: true });
    const ofCluster = { ...settings, root: true, imagesFile: settings.imageFile };
    const plane = await ControlPlane.start(ofCluster, apiserverFlags());
    const kubeconfig = await plane.admin.demand('config', 'view', '--raw', '--flatten');
    await writeFile(kubeconfigFile, kubeconfig, { mode: 0o600 });
    // k3s labels its servers so, and taints none unless it is told to.
    await new RealNode(hostName, plane, ofCluster, {
      label: 'node-role.kubernetes.io/control-plane=true',
      taints: [],
    }).start();
    await person.addProgram('k3s', k3sProgram);
    return new K3sStandIn(plane);
  }

  /** Reads its configuration anew; resolves when it answers, as a unit of the type `notify` does. */
  async restart(): Promise<void> {
    await this.#plane.restart(apiserverFlags());
  }

  /** As `kubectl get nodes` shows it. */
  async node(): Promise<string> {
    return (await this.#plane.admin.demand('get', 'nodes', '--no-headers')).trim();
  }
}

function apiserverFlags(): string[] {
  const config = readK3sConfig(configFile);
  const unknown = [...config.keys()].filter((key) => !knownKeys.has(key));
  if (unknown.length > 0) throw new Error(`the stand-in for k3s does not know ${unknown.join(', ')}`);
  return (config.get('kube-apiserver-arg') ?? []).map((argument) => `--${argument}`);
}

/** Of k3s' own commands the one that the guide needs. */
const k3sProgram = `if [ "$1" = ctr ]; then
  shift
  exec ctr --address /run/containerd/containerd.sock --namespace k8s.io "$@"
fi
echo "k3s $1 is not known here" >&2
exit 1`;
