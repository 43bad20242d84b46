import { join } from 'node:path';
import { command } from '../../../../bench/loss/build.ts';
import { build, folderOf, moduleFolder } from '../../cluster/binaries.ts';

const kindVersion = 'v0.33.0';
/** The one of kind's own images/base/Dockerfile. */
const containerdVersion = 'v2.3.4';
const localPathVersion = 'v0.0.30';
const composeVersion = 'v2.40.3';

export const containerdPrograms = ['containerd', 'ctr', 'containerd-shim-runc-v2'];

/** Paths, static. */
export interface KindPrograms {
  kind: string;
  /** Folder with {@link containerdPrograms}. */
  containerd: string;
  localPathProvisioner: string;
  compose: string;
  /** Folder of kind's sources. */
  sources: string;
}

/** From the Go module proxy, minutes the first time, nothing afterwards. Throws where something cannot be built. */
export async function buildKindPrograms(): Promise<KindPrograms> {
  const kind = `sigs.k8s.io/kind@${kindVersion}`;
  return {
    sources: await moduleFolder(kind),
    kind: join(await programs('kind', kind, ['sigs.k8s.io/kind']), 'kind'),
    containerd: await containerd(),
    compose: await compose(),
    localPathProvisioner: join(
      await programs(
        'local-path-provisioner',
        `github.com/rancher/local-path-provisioner@${localPathVersion}`,
        ['github.com/rancher/local-path-provisioner'],
      ),
      'local-path-provisioner',
    ),
  };
}

async function compose(): Promise<string> {
  const module = 'github.com/docker/compose/v2';
  const flags = [`-X ${module}/internal.Version=${composeVersion}`];
  return join(await programs('compose', `${module}@${composeVersion}`, [`${module}/cmd`], flags), 'cmd');
}

async function containerd(): Promise<string> {
  const module = 'github.com/containerd/containerd/v2';
  const commands = containerdPrograms.map((name) => `${module}/cmd/${name}`);
  return await programs('containerd', `${module}@${containerdVersion}`, commands, [
    `-X ${module}/version.Version=${containerdVersion}`,
  ]);
}

/** The folder with these commands of a module, each under the last part of its path. */
async function programs(
  name: string,
  module: string,
  commands: string[],
  flags: string[] = [],
): Promise<string> {
  return await folderOf(name, [module, ...commands, ...flags], async (folder) => {
    await command(folder, 'go', 'mod', 'init', `auditseal/test/${name}`);
    const [, version] = module.split('@');
    await command(folder, 'go', 'get', ...commands.map((path) => `${path}@${version}`));
    for (const path of commands)
      await build(folder, ['-s -w', ...flags].join(' '), path.split('/').at(-1)!, path);
  });
}
