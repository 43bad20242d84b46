import { execFileSync } from 'node:child_process';
import { chown, chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { until } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import { chart, findHelm, least, objectsOf, template } from './helm.ts';

/** Of Talos' apiserver (siderolabs/talos, pkg/machinery/constants, KubernetesAPIServerRunUser). */
const apiserverUid = 65_534;

let helm: string;
// Go builds helm once on a machine.
beforeAll(async () => {
  helm = await findHelm();
}, 900_000);

const daemonSet = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.tuple([
          z.looseObject({
            securityContext: z.looseObject({
              runAsUser: z.literal(0),
              capabilities: z.object({
                drop: z.tuple([z.literal('ALL')]),
                add: z.array(z.string()).optional(),
              }),
            }),
          }),
        ]),
      }),
    }),
  }),
});

/** A program that leaves root what the container's root has. */
async function asInThePod(...args: string[]): Promise<string[]> {
  const objects = objectsOf(await template(helm, '--set', least, ...args));
  const pod = daemonSet.parse(objects.find(({ kind }) => kind === 'DaemonSet')).spec.template.spec;
  const { add = [] } = pod.containers[0].securityContext.capabilities;
  const kept = add.map((name) => `,+${name.toLowerCase()}`).join('');
  return ['setpriv', `--bounding-set=-all${kept}`, '--inh-caps=-all'];
}

/** Capabilities are root's to take. */
function canTake(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('setpriv', ['--bounding-set=-all', '--inh-caps=-all', 'true'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** Lines in a log as Talos has it: another uid's, 0600 in a folder 0700. */
async function anothersLog(): Promise<Scene> {
  const scene = await Scene.make({ url: inject('elasticsearchUrl') });
  const { writer } = scene;
  await writer.lines(5);
  writer.rotate();
  await writer.lines(5);
  const folder = dirname(writer.log.path);
  for (const name of execFileSync('ls', [folder], { encoding: 'utf8' }).trim().split('\n')) {
    await chmod(join(folder, name), 0o600);
    await chown(join(folder, name), apiserverUid, apiserverUid);
  }
  await chmod(folder, 0o700);
  await chown(folder, apiserverUid, apiserverUid);
  return scene;
}

test.skipIf(!canTake())(
  'with ci/talos-values.yaml the agent reads the log of another uid, and its backup, whole',
  async () => {
    await using scene = await anothersLog();
    await scene.start({ under: await asInThePod('--values', join(chart, 'ci/talos-values.yaml')) });
    expect(await scene.finish()).toEqual([]);
  },
);

test.skipIf(!canTake())('with the default values it may not, and says so', async () => {
  await using scene = await anothersLog();
  const agent = scene.spawn({ under: await asInThePod() });
  await until(
    () => agent.said(/EACCES/u).length > 0,
    () => agent.tail(),
  );
});
