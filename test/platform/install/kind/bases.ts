import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demand } from '../../cluster/processes.ts';
import { makeBases } from '../../image/bases.ts';
import { Buildah } from '../../image/buildah.ts';
import { docker } from './docker.ts';

const repository = join(import.meta.dirname, '../../../..');

/** Of the Dockerfile's arguments, as Docker knows them. */
export const dockerBases = {
  NODE_BUILD: 'localhost/auditseal-base-build:offline',
  NODE_RUN: 'localhost/auditseal-base-run:1',
};

/** Archives for {@link loadBases}. */
export interface BaseArchives {
  build: string;
  run: string;
  /** A cache of npm's in which package-lock.json's packages are: where Docker builds there is no network. */
  packages: string;
}

/** Makes the Dockerfile's bases of this machine's files, as test:image does, and fetches the packages. */
export async function writeBases(work: string): Promise<BaseArchives> {
  const folder = await mkdtemp(join(tmpdir(), 'auditseal-bases-'));
  const at = (name: string) => join(work, name);
  try {
    const buildah = await Buildah.open();
    const bases = await makeBases(buildah, folder);
    await buildah.run('push', '--quiet', bases.NODE_BUILD, archiveOf(at('build.tar'), bases.NODE_BUILD));
    await buildah.run('push', '--quiet', bases.NODE_RUN, archiveOf(at('run.tar'), dockerBases.NODE_RUN));
    for (const name of ['package.json', 'package-lock.json'])
      await cp(join(repository, name), join(folder, name));
    const npm = ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', `--cache=${at('packages')}`];
    await demand(npm, { cwd: folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { build: at('build.tar'), run: at('run.tar'), packages: at('packages') };
}

function archiveOf(file: string, reference: string): string {
  return `docker-archive:${file}:${reference}`;
}

/** Gives them to the Docker daemon. */
export async function loadBases(work: string, { build, run, packages }: BaseArchives): Promise<void> {
  for (const archive of [build, run]) await demand([docker, 'load', '--quiet', '--input', archive]);
  const context = join(work, 'base-build');
  await mkdir(context);
  await cp(packages, join(context, 'packages'), { recursive: true });
  const lines = [
    'FROM localhost/auditseal-base-build:1',
    'COPY packages /packages',
    'ENV npm_config_cache=/packages npm_config_offline=true',
  ];
  await writeFile(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
  const env = { ...process.env, DOCKER_BUILDKIT: '0' };
  await demand([docker, 'build', '--quiet', `--tag=${dockerBases.NODE_BUILD}`, context], { env });
}
