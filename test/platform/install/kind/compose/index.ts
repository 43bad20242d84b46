import { readFileSync } from 'node:fs';
import { cp, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { demand } from '../../../cluster/processes.ts';
import { Unavailable } from '../../../cluster/report.ts';
import { distribution } from '../../../../kit/elasticsearch/jars.ts';
import { findJdk } from '../../../../kit/elasticsearch/jdk.ts';
import { dockerBases } from '../bases.ts';
import { docker } from '../docker.ts';
import { debianImage } from '../node-image/index.ts';

const repository = join(import.meta.dirname, '../../../../..');
const serviceSchema = z.object({ image: z.string() });
const composeSchema = z.object({
  services: z.object({ elasticsearch: serviceSchema, kibana: serviceSchema }),
});

/** Folders of this machine. */
export interface ServerParts {
  jdk: string;
  /** The jars of the version that compose.yaml names. */
  elasticsearch: string;
}

function imagesOfCompose() {
  const text = readFileSync(join(repository, 'manifests/compose.yaml'), 'utf8');
  const { elasticsearch, kibana } = composeSchema.parse(parse(text)).services;
  return { elasticsearch: elasticsearch.image, kibana: kibana.image };
}

/** Throws {@link Unavailable} where no JDK is found. */
export async function findServerParts(): Promise<ServerParts> {
  const jdk = await findJdk(21, Infinity);
  if (!jdk) throw new Unavailable('a JDK 21 or newer is missing');
  const version = imagesOfCompose().elasticsearch.split(':').at(-1)!;
  return { jdk: jdk.home, elasticsearch: await distribution({ version, jdk, log: console.log }) };
}

/**
 * Gives Docker images under the names of compose.yaml: a real Elasticsearch of that version, of Maven Central's jars, without the modules
 * that are not there; and the stand-in of Kibana.
 */
export async function loadServerImages(work: string, { jdk, elasticsearch }: ServerParts): Promise<void> {
  const images = imagesOfCompose();
  await buildDockerImage(join(work, 'elasticsearch'), images.elasticsearch, {
    files: {
      jdk,
      elasticsearch,
      'Embedded.java': join(repository, 'test/kit/elasticsearch/Embedded.java'),
      'start.sh': join(import.meta.dirname, 'elasticsearch.sh'),
    },
    from: debianImage,
    lines: ['ENV PATH=/jdk/bin:/usr/sbin:/usr/bin', 'ENTRYPOINT ["bash", "/start.sh"]'],
  });
  const modules = ['kibana', 'cluster/forward.ts', 'install/kind/compose/kibana.ts'];
  await buildDockerImage(join(work, 'kibana'), images.kibana, {
    files: {
      'app/package.json': join(repository, 'package.json'),
      'app/node_modules/zod': await realpath(join(repository, 'node_modules/zod')),
      ...Object.fromEntries(modules.map((path) => [`app/test/${path}`, join(repository, 'test', path)])),
    },
    from: dockerBases.NODE_RUN,
    lines: ['ENTRYPOINT ["/nodejs/bin/node", "/app/test/install/kind/compose/kibana.ts"]'],
  });
}

/** @param files path in the image → file or folder of this machine */
async function buildDockerImage(
  context: string,
  reference: string,
  image: { from: string; files: Readonly<Record<string, string>>; lines: readonly string[] },
): Promise<void> {
  for (const [path, from] of Object.entries(image.files)) {
    const to = join(context, 'root', path);
    await mkdir(dirname(to), { recursive: true });
    await cp(from, to, { recursive: true, dereference: true });
  }
  const dockerfile = [`FROM ${image.from}`, 'COPY root/ /', ...image.lines];
  await writeFile(join(context, 'Dockerfile'), `${dockerfile.join('\n')}\n`);
  const env = { ...process.env, DOCKER_BUILDKIT: '0' };
  await demand([docker, 'build', '--quiet', `--tag=${reference}`, context], { env });
  await rm(context, { recursive: true });
}
