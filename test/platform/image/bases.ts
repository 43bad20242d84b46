import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Buildah } from './buildah.ts';

const run = promisify(execFile);
const certificates = '/etc/ssl/certs/ca-certificates.crt';

export interface Bases {
  /** References in buildah's storage, for the Dockerfile's arguments of the same names. */
  NODE_BUILD: string;
  NODE_RUN: string;
}

/**
 * Two bases made of this machine's files, where no registry of images is in reach: one laid out as
 * gcr.io/distroless/nodejs26-debian13 (its BUILD files: node in /nodejs/bin, the libraries that it needs, certificates, time zones, users root, nobody and nonroot, /tmp,
 * merged /usr, no shell and nothing else that runs), one to build in (node, npm, sh). Node is the one that runs this; `folder` is for what they are
 * made of.
 */
export async function makeBases(buildah: Buildah, folder: string): Promise<Bases> {
  const runRoot = join(folder, 'base-run');
  await layOut(runRoot, [[process.execPath, '/nodejs/bin/node']]);
  await cp('/usr/share/zoneinfo', join(runRoot, 'usr/share/zoneinfo'), { recursive: true }).catch(
    () => undefined,
  );
  const NODE_RUN = await commit(buildah, runRoot, 'localhost/auditseal-base-run:1', [
    `ENV SSL_CERT_FILE=${certificates}`,
    'USER 65532',
    'WORKDIR /home/nonroot',
  ]);

  const buildRoot = join(folder, 'base-build');
  await layOut(buildRoot, [
    [process.execPath, '/usr/local/bin/node'],
    ['/bin/sh', '/usr/bin/sh'],
    ['/usr/bin/env', '/usr/bin/env'],
  ]);
  await addNpm(buildRoot);
  return { NODE_RUN, NODE_BUILD: await commit(buildah, buildRoot, 'localhost/auditseal-base-build:1', []) };
}

/** A root folder with these programs, the libraries that they need, and the few files that every base has. */
async function layOut(
  root: string,
  programs: readonly (readonly [from: string, to: string])[],
): Promise<void> {
  await rm(root, { recursive: true, force: true });
  for (const folder of [
    'usr/bin',
    'usr/sbin',
    'usr/lib',
    'usr/lib64',
    'etc/ssl/certs',
    'root',
    'home/nonroot',
    'tmp',
    'var',
  ])
    await mkdir(join(root, folder), { recursive: true });
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${folder}`, join(root, folder));
  await chmod(join(root, 'tmp'), 0o1777);
  const libraries = (await sharedObjects()).map((path) => [path, path] as const);
  for (const [from, to] of [...programs, ...libraries]) {
    await mkdir(dirname(join(root, to)), { recursive: true });
    await copyFile(await realpath(from), join(root, to));
  }
  await copyFile(certificates, join(root, certificates));
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
  );
  await writeFile(
    join(root, 'etc/group'),
    'root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n',
  );
  await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

/** Of the packages that the distroless base has for node. */
async function sharedObjects(): Promise<string[]> {
  const packages = [
    'libc6',
    'libgcc-s1',
    'libstdc++6',
    'libatomic1',
    'libgomp1',
    'libssl3',
    'zlib1g',
    'libzstd1',
  ];
  // It lists the rest, and ends with 1, where one is not installed.
  const { stdout } = await run('dpkg', ['--listfiles', ...packages]).catch(
    (error: Error & { stdout?: string }) => ({ stdout: error.stdout ?? '' }),
  );
  return stdout
    .split('\n')
    .filter((path) => /^(?:\/usr)?\/lib(?:64|\/[^/]+-linux-gnu)?\/[^/]+\.so(?:\.[\d.]+)?$/u.test(path));
}

/** This machine's npm with its registry and certificates. */
async function addNpm(root: string): Promise<void> {
  const { stdout: program } = await run('sh', ['-c', 'command -v npm']);
  const npm = join(dirname(await realpath(program.trim())), '..');
  await cp(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  const { stdout: registry } = await run('npm', ['config', 'get', 'registry']);
  await mkdir(join(root, 'usr/local/etc'), { recursive: true });
  await writeFile(join(root, 'usr/local/etc/npmrc'), `registry=${registry.trim()}\ncafile=${certificates}\n`);
}

async function commit(
  buildah: Buildah,
  root: string,
  reference: string,
  more: readonly string[],
): Promise<string> {
  const dockerfile = `${root}.Dockerfile`;
  await writeFile(
    dockerfile,
    ['FROM scratch', 'COPY . /', 'ENV PATH=/usr/local/bin:/usr/bin:/bin', ...more, ''].join('\n'),
  );
  await buildah.run(
    'build',
    '--pull-never',
    '--layers',
    '--timestamp=0',
    '--tag',
    reference,
    '--file',
    dockerfile,
    root,
  );
  await rm(root, { recursive: true });
  return reference;
}
