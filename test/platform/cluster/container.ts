import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { imageConfig } from './dockerfile.ts';
import type { Kubectl } from './kubectl.ts';
import type { Pod } from './pods.ts';
import type { Processes } from './processes.ts';
import type { Settings } from './settings.ts';
import { makeVolumes } from './volumes.ts';

/** Of the machine: what Node is linked with, and the program that gives up the capabilities. */
const machineFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib64'];

/**
 * Runs a pod's container as a container runtime would, without one: command line, configuration, environment, mounts and rights are those of
 * the pod that the apiserver returned; what is in the image is what the Dockerfile puts there (`npm run build`, Node). The root
 * file system is read-only, in a mount namespace of its own. Of the machine's network and processes nothing is hidden.
 *
 * @param name of its log file and folder
 */
export async function startContainer(
  name: string,
  pod: Pod,
  { settings, kubectl, processes }: { settings: Settings; kubectl: Kubectl; processes: Processes },
): Promise<ChildProcess> {
  const [{ command, args = [], env = [], volumeMounts, securityContext }] = pod.spec.containers;
  const image = imageConfig();
  const folder = join(settings.work, 'containers', name);
  const root = join(folder, 'root');
  mkdirSync(root, { recursive: true });
  const volumes = await makeVolumes(pod, kubectl, folder);
  const mounts = volumeMounts.map(({ name: volume, mountPath, subPath = '', readOnly = false }) => ({
    from: join(volumes.get(volume)!, subPath),
    to: mountPath,
    readOnly,
  }));
  const script = [
    ...rootScript(root),
    ...bind(root, { from: join(settings.work, 'dist'), to: image.workingDir, readOnly: true }),
    ...bind(root, { from: realpathSync(process.execPath), to: '/nodejs/bin/node', readOnly: true }),
    ...mounts.flatMap((mount) => bind(root, mount)),
    `mount -o remount,bind,ro ${root}`,
    `exec chroot ${root} /bin/sh -c 'cd ${image.workingDir} && exec "$@"' - "$@"`,
  ].join('\n');
  const given = env.map((one) => [one.name, one.value ?? fieldOf(pod, one.valueFrom!.fieldRef.fieldPath)]);
  return processes.start(
    name,
    [
      'unshare',
      '--mount',
      'sh',
      '-ec',
      script,
      '-',
      ...rightsOf(securityContext, settings.root),
      ...(command ?? image.entrypoint),
      ...args,
    ],
    { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...image.env, ...Object.fromEntries(given) },
  );
}

interface Mount {
  from: string;
  to: string;
  readOnly: boolean;
}

function rootScript(root: string): string[] {
  const folders = machineFolders.flatMap((folder) =>
    bind(root, { from: folder, to: folder, readOnly: true }),
  );
  return [
    `mount -t tmpfs -o mode=755 root ${root}`,
    ...folders,
    `mkdir ${root}/proc ${root}/dev ${root}/tmp`,
    `mount --rbind /proc ${root}/proc`,
    `mount --rbind /dev ${root}/dev`,
  ];
}

function bind(root: string, { from, to, readOnly }: Mount): string[] {
  const target = join(root, to);
  const isFolder = statSync(from).isDirectory();
  return [
    isFolder ? `mkdir -p ${target}` : `mkdir -p ${join(target, '..')} && touch ${target}`,
    `mount --bind ${from} ${target}`,
    ...(readOnly ? [`mount -o remount,bind,ro ${target}`] : []),
  ];
}

/** The program and flags that leave the process only what the security context does. */
function rightsOf(context: Pod['spec']['containers'][0]['securityContext'], root: boolean): string[] {
  assert.equal(context['allowPrivilegeEscalation'], false);
  assert.equal(context['readOnlyRootFilesystem'], true);
  assert.deepEqual(context['capabilities'], { drop: ['ALL'] });
  const user = String(context.runAsUser ?? 65_532);
  // A user namespace that no root made may not change its groups.
  const ids = [`--reuid=${user}`, `--regid=${user}`, root ? '--clear-groups' : '--keep-groups'];
  return ['setpriv', ...ids, '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
}

function fieldOf(pod: Pod, path: string): string {
  const fields: Record<string, string | undefined> = {
    'spec.nodeName': pod.spec.nodeName,
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
  };
  const value = fields[path];
  if (value === undefined) throw new Error(`the pod has no ${path}, or this test does not know it`);
  return value;
}
