import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './processes.ts';

/** What a signal ends; set while there is something to end. What runs before is ended by the terminal, or not long. */
let interrupt: () => void = () => undefined;
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    isInterrupted = true;
    interrupt();
  });

/** The flags of unshare. Without root, in a user namespace, where the system allows that. */
export async function usableNamespaces(): Promise<string[]> {
  const flags = ['--mount', '--net', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc'];
  if (process.getuid?.() !== 0) flags.unshift('--map-root-user');
  const { code, stderr } = await run(['unshare', ...flags, 'true']);
  if (code !== 0) throw new Error(`no namespaces can be made here; run it as root (${stderr.trim()})`);
  return flags;
}

/**
 * Runs a module of ours in namespaces of its own; resolves with its exit code. The whole process namespace ends with it, and it ends with
 * this process: also on Ctrl-C, and when this one is killed. It is told by the end of its standard input.
 *
 * @param module its path, and its parameters
 */
export async function runInside(namespaces: readonly string[], module: readonly string[]): Promise<number> {
  // A session of its own: Ctrl-C is for this process. The part inside ends when the pipe does, as it does with this process.
  const child = spawn('unshare', [...namespaces, process.execPath, ...module], {
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  });
  child.stdin?.on('error', () => undefined);
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  interrupt = () => child.stdin?.end();
  if (isInterrupted) interrupt();
  const [code] = await exited;
  return code ?? 130;
}

/**
 * Cgroups alone outlive their processes: those of the containers that containerd had at the end.
 *
 * @param work the folder of becomeMachine
 */
export async function removeCgroups(work: string): Promise<void> {
  const containerd = join(work, 'host/var/lib/containerd/io.containerd.grpc.v1.cri');
  const ids = await Promise.all(['containers', 'sandboxes'].map((kind) => names(join(containerd, kind))));
  const hierarchies = (await names('/sys/fs/cgroup')).map((name) => join('/sys/fs/cgroup', name));
  for (const root of ['/sys/fs/cgroup', ...hierarchies]) {
    // The one that containerd makes them in, which another's may need: only an empty one can be removed.
    const parent = join(root, 'k8s.io');
    for (const path of [...ids.flat().map((id) => join(parent, id)), parent])
      await rmdir(path).catch(() => undefined);
    await removeTree(join(root, cgroupOf(work)));
  }
}

/** The name of a cgroup for all that is started on a machine, in every hierarchy. */
export function cgroupOf(work: string): string {
  return work.slice(1).replaceAll('/', '-');
}

/** Of a cgroup, the files cannot be removed, and need not be. */
async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  await rmdir(folder).catch(() => undefined);
}

function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
