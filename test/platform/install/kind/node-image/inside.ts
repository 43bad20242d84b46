import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { becomeMachine } from '../../../cluster/host.ts';
import { demand, Processes } from '../../../cluster/processes.ts';
import { docker, startDocker } from '../docker.ts';
import { debianImage, nodeImage } from './index.ts';
import type { BuildSettings } from './index.ts';

/** What index.ts starts within namespaces: Docker, and with it kind. Exit 1 with the reason if it fails. */
process.stdin.on('end', () => process.exit(130)).resume();

const settings = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as BuildSettings;
const base = 'localhost/kind-base:latest';
// kind calls the docker that it finds first.
const env = { ...process.env, PATH: `/usr/bin:${process.env['PATH']}`, DOCKER_BUILDKIT: '0' };
try {
  await becomeMachine(settings.work, 'builder');
  await startDocker(new Processes(settings.work), settings.work);
  await demand([docker, 'import', settings.debian, debianImage], { env });
  const dockerfile = join(import.meta.dirname, 'base.Dockerfile');
  await demand([docker, 'build', `--tag=${base}`, `--file=${dockerfile}`, settings.context], { env });
  const build = ['build', 'node-image', `--base-image=${base}`, `--image=${nodeImage}`, settings.release];
  await demand([settings.kind, ...build], { env });
  await demand([docker, 'save', `--output=${settings.archive}`, nodeImage, debianImage], { env });
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
