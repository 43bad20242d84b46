import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { demand, run } from '../../../cluster/processes.ts';
import { Unavailable } from '../../../cluster/report.ts';

/** The last one whose systemd still runs on version 1 of cgroups, too. */
const suite = 'bookworm';
/** Those of kind's images/base/Dockerfile but network storage, and what it builds itself. */
const packages = [
  'systemd conntrack iptables nftables iproute2 ethtool util-linux mount kmod libseccomp2 pigz e2fsprogs bash',
  'ca-certificates curl jq procps runc containernetworking-plugins socat',
].flatMap((line) => line.split(' '));
export const debianRecipe: readonly string[] = [suite, ...packages];

/** Throws {@link Unavailable} where it is missing. */
export async function demandDebootstrap(): Promise<void> {
  if ((await run(['sh', '-c', 'command -v debootstrap'])).code !== 0)
    throw new Unavailable('debootstrap is missing: apt-get install debootstrap');
}

/** Makes the root folder of a Debian with these packages. */
export async function makeDebian(root: string): Promise<void> {
  // It mounts /proc there, and leaves it if it is killed: in a namespace that ends with it.
  await demand([
    'unshare',
    '--mount',
    'debootstrap',
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    suite,
    root,
  ]);
  await demand(['rm', '-rf', join(root, 'var/cache/apt'), join(root, 'var/lib/apt/lists')]);
}

/** Programs of such a root with the libraries that they need, as path → file of this machine. */
export async function filesOf(root: string, programs: readonly string[]): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const inside = (...command: string[]) => demand(['chroot', root, ...command]);
  for (const program of programs) {
    const real = (await inside('readlink', '-f', program)).trim();
    files[program] = join(root, real);
    for (const [library] of (await inside('ldd', real)).matchAll(/\/\S+(?= \(0x)/gu)) {
      const file = join(root, (await inside('readlink', '-f', library)).trim());
      await access(file);
      files[library] = file;
    }
  }
  return files;
}
