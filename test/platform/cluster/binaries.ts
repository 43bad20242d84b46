import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { buildEtcd } from '../../../bench/etcd/etcd.ts';
import { command, made } from '../../../bench/loss/build.ts';
import { findHelm } from '../charts/helm.ts';

export const kubernetesVersion = 'v1.35.4';
const kubeconformVersion = 'v0.8.0';
const prometheusOperator = 'github.com/prometheus-operator/prometheus-operator@v0.85.0';

/** Of the Kubernetes module, with the modules that its commands need. */
const moduleFiles = ['go.mod', 'go.sum', 'tools.go'];

const kubernetesCommands = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kubectl',
] as const;

/** Paths of what Go builds, each once on a machine. */
export const binariesSchema = z.object({
  ...(Object.fromEntries(kubernetesCommands.map((name) => [name, z.string()])) as Record<
    (typeof kubernetesCommands)[number],
    z.ZodString
  >),
  etcd: z.string(),
  helm: z.string(),
  kubeconform: z.string(),
  pause: z.string(),
  /** A folder with the definitions of the Prometheus operator's resources. */
  prometheusCrds: z.string(),
});
export type Binaries = z.infer<typeof binariesSchema>;

/**
 * Builds everything from the Go module proxy into the cache: ten to twenty minutes the first time, nothing afterwards.
 * @throws where something cannot be built
 */
export async function buildBinaries(): Promise<Binaries> {
  const etcd = await buildEtcd();
  if ('missing' in etcd) throw new Error(`etcd cannot be built: ${etcd.missing}`);
  const kubernetes = await buildKubernetes();
  const tool = (name: string) => join(kubernetes, name);
  return {
    'kube-apiserver': tool('kube-apiserver'),
    'kube-controller-manager': tool('kube-controller-manager'),
    'kube-scheduler': tool('kube-scheduler'),
    kubelet: tool('kubelet'),
    kubectl: tool('kubectl'),
    etcd: etcd.binary,
    helm: await findHelm(),
    kubeconform: join(await folderOf('kubeconform', [kubeconformVersion], buildKubeconform), 'kubeconform'),
    pause: join(await buildPause(), 'pause'),
    prometheusCrds: join(await moduleFolder(prometheusOperator), 'example/prometheus-operator-crd'),
  };
}

/** The folder of the commands of Kubernetes: the apiserver, the controllers, the kubelet, kubectl. */
export async function buildKubernetes(): Promise<string> {
  return await buildCommands('kubernetes', kubernetesCommands);
}

/**
 * Commands of the Kubernetes module, with the version that they would have in a release; returns their folder.
 *
 * @param name of the folder in the cache
 * @throws where one cannot be built
 */
export async function buildCommands(name: string, commands: readonly string[]): Promise<string> {
  const paths = moduleFiles.map((file) => join(import.meta.dirname, 'kubernetes', file));
  const from = [...paths.map((path) => readFileSync(path, 'utf8')), ...commands, versionFlags()];
  return await folderOf(name, from, async (folder) => {
    for (const [i, file] of moduleFiles.entries()) copyFileSync(paths[i]!, join(folder, file));
    for (const one of commands) await build(folder, versionFlags(), one, `k8s.io/kubernetes/cmd/${one}`);
  });
}

function versionFlags(): string {
  const [, major, minor] = /^v(\d+)\.(\d+)/u.exec(kubernetesVersion)!;
  const values = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((name) =>
    Object.entries(values).map(([key, value]) => `-X ${name}.${key}=${value}`),
  );
  return ['-s -w', ...flags].join(' ');
}

async function buildKubeconform(folder: string): Promise<void> {
  await command(folder, 'go', 'mod', 'init', 'auditseal/test/kubeconform');
  await command(folder, 'go', 'get', `github.com/yannh/kubeconform@${kubeconformVersion}`);
  await build(folder, '-s -w', 'kubeconform', 'github.com/yannh/kubeconform/cmd/kubeconform');
}

async function buildPause(): Promise<string> {
  const names = ['go.mod', 'main.go'];
  const paths = names.map((name) => join(import.meta.dirname, 'pause', name));
  return await folderOf(
    'pause',
    paths.map((path) => readFileSync(path, 'utf8')),
    async (folder) => {
      for (const [i, name] of names.entries()) copyFileSync(paths[i]!, join(folder, name));
      await build(folder, '-s -w', 'pause', '.');
    },
  );
}

/** Static: containers have no libraries. */
export async function build(folder: string, ldflags: string, output: string, what: string): Promise<void> {
  const go = ['go', 'build', '-trimpath', '-mod=mod', '-ldflags', ldflags, '-o', output, what];
  await command(folder, 'env', 'CGO_ENABLED=0', ...go);
}

/** A folder in the cache, made once of what it is made from. Throws with the reason where it cannot be. */
export async function folderOf(name: string, from: string[], make: (folder: string) => Promise<void>) {
  const result = await made({ name, from, make });
  if ('missing' in result) throw new Error(`${name} cannot be built: ${result.missing}`);
  return result.folder;
}

/** Where Go keeps the sources of a module, which it checks against its checksum database. */
export async function moduleFolder(module: string): Promise<string> {
  const answer = await command('/', 'go', 'mod', 'download', '-json', module);
  return z.object({ Dir: z.string() }).parse(JSON.parse(answer)).Dir;
}
