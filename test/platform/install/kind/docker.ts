import { constants } from 'node:fs';
import { access, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../../kit/agent/index.ts';
import { cgroupOf } from '../../cluster/namespaces.ts';
import { demand, run } from '../../cluster/processes.ts';
import type { Processes } from '../../cluster/processes.ts';
import { Unavailable } from '../../cluster/report.ts';

/** Debian's, whose versions belong together; another client may be first on the PATH. */
export const docker = '/usr/bin/docker';
const programs = [docker, '/usr/sbin/dockerd', '/usr/sbin/runc'];
const cgroups = '/sys/fs/cgroup';
/** linux/capability.h */
const capSysResource = 24n;

/** Throws {@link Unavailable}, with the packages that are missing. */
export async function demandDocker(): Promise<void> {
  for (const program of programs)
    await access(program, constants.X_OK).catch(() => {
      throw new Unavailable(`${program} is missing: apt-get install docker.io`);
    });
}

/**
 * Starts a Docker daemon on the machine that these namespaces are, and waits until it answers.
 *
 * @param work the folder of becomeMachine
 * @returns how it differs from a user's
 */
export async function startDocker(processes: Processes, work: string): Promise<string[]> {
  const differences = [...(await addNamedHierarchy(work)), ...(await runtimeFor(work))];
  const runtime = join(work, 'runc');
  processes.start('dockerd', [
    'dockerd',
    '--data-root=/var/lib/docker',
    '--exec-root=/run/docker',
    '--host=unix:///run/docker.sock',
    `--cgroup-parent=/${cgroupOf(work)}`,
    ...((await exists(runtime)) ? [`--add-runtime=here=${runtime}`, '--default-runtime=here'] : []),
  ]);
  const answers = async () => {
    processes.demandAlive('dockerd');
    return (await run([docker, 'info'])).code === 0;
  };
  const why = () => `dockerd does not answer:\n${processes.tail('dockerd')}`;
  await until(answers, why, { millisecondsMax: 120_000, everyMilliseconds: 300 });
  return differences;
}

/** systemd, and so a node of kind, needs a hierarchy of its own on version 1 of cgroups, where no systemd has made one. */
async function addNamedHierarchy(work: string): Promise<string[]> {
  if (await exists(join(cgroups, 'cgroup.controllers'))) return [];
  if (await exists(join(cgroups, 'systemd/cgroup.procs'))) return [];
  // The machine's folder is left as it is: one of our own lies over it, in this namespace.
  const own = join(work, 'cgroup');
  await mkdir(own);
  await demand(['mount', '-t', 'tmpfs', 'cgroup', own]);
  for (const name of [...(await readdir(cgroups)), 'systemd']) {
    await mkdir(join(own, name));
    const mount =
      name === 'systemd'
        ? ['-t', 'cgroup', '-o', 'none,name=systemd', name]
        : ['--bind', join(cgroups, name)];
    await demand(['mount', ...mount, join(own, name)]);
  }
  await demand(['mount', '--rbind', own, cgroups]);
  return [
    "the hierarchy of cgroups that systemd would have made is made by hand: the machine has none of systemd's",
  ];
}

/** Docker hands a privileged container every capability that the kernel knows, and fails where root itself lacks one. */
async function runtimeFor(work: string): Promise<string[]> {
  const status = await readFile('/proc/self/status', 'utf8');
  const bounding = BigInt(`0x${/^CapBnd:\s*(\S+)$/mu.exec(status)![1]!}`);
  if ((bounding >> capSysResource) % 2n === 1n) return [];
  const script = `#!/bin/bash
without() { sed -i 's/"CAP_SYS_RESOURCE",\\?//g; s/,]/]/g' "$1"; }
args=("$@")
for ((i = 0; i < $#; i++)); do
  case "\${args[i]}" in
    --bundle) [ -e "\${args[i + 1]}/config.json" ] && without "\${args[i + 1]}/config.json" ;;
    --process) without "\${args[i + 1]}" ;;
  esac
done
exec /usr/sbin/runc "$@"
`;
  await writeFile(join(work, 'runc'), script, { mode: 0o755 });
  return [
    'no container has CAP_SYS_RESOURCE, which root has not on this machine: nothing lowers an oom_score_adj',
  ];
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
