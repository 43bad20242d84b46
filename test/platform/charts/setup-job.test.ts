import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { SetupCommandOptions } from '../../../agent/cli/setup/options.ts';
import { defineSetup } from '../../../agent/cli/setup/index.ts';
import { findHelm, least as leastSet, objectsOf, template } from './helm.ts';

const least = [leastSet, 'setup.enabled=true', 'setup.existingSecret=administrator'];

let helm: string;
// Go builds helm once on a machine.
beforeAll(async () => {
  helm = await findHelm();
}, 900_000);

const job = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.tuple([
          z.looseObject({
            args: z.array(z.string()),
            volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
          }),
        ]),
        volumes: z.array(
          z.looseObject({
            name: z.string(),
            secret: z
              .object({
                secretName: z.string(),
                items: z.tuple([z.object({ key: z.string(), path: z.string() })]),
              })
              .optional(),
          }),
        ),
      }),
    }),
  }),
});

/** The Job's options, as setup itself reads its arguments, and where each file that it is given comes from. */
async function jobOf(...more: string[]) {
  const set = [...least, ...more].flatMap((one) => ['--set', one]);
  const rendered = objectsOf(await template(helm, ...set)).find(({ kind }) => kind === 'Job');
  const { containers, volumes } = job.parse(rendered).spec.template.spec;
  const [{ args, volumeMounts }] = containers;
  let options: SetupCommandOptions | undefined;
  const terminal = { out: () => undefined, error: () => undefined, exit: () => undefined };
  const command = defineSetup(terminal).action((parsed: SetupCommandOptions) => void (options = parsed));
  await command.parseAsync(args.slice(1), { from: 'user' });
  const sourceOf = (file: string | undefined) => {
    const mount = volumeMounts.find(({ mountPath }) => file?.startsWith(`${mountPath}/`));
    const secret = volumes.find(({ name }) => name === mount?.name)?.secret;
    const [item] = secret?.items ?? [];
    return `${mount?.mountPath}/${item?.path}` === file ? `${secret?.secretName}/${item?.key}` : undefined;
  };
  return { options, sourceOf, names: volumes.map(({ name }) => name), first: args[0] };
}

test('without a Kibana the Job sets up Elasticsearch alone', async () => {
  const { options, sourceOf, names, first } = await jobOf('setup.kibana.existingSecret=unused');
  expect(first).toBe('setup');
  expect(options).toEqual({
    config: '/etc/auditseal/auditseal.yaml',
    apiKeyFile: '/etc/auditseal/setup/api-key',
    key: false,
  });
  expect(sourceOf(options?.apiKeyFile)).toBe('administrator/api-key');
  expect(names).toEqual(['config', 'setup']);
});

test('with one it installs the dashboards, with the administrator’s key where no other is given', async () => {
  const { options, names } = await jobOf('setup.kibana.url=https://kibana.example/base');
  expect(options).toMatchObject({ kibanaUrl: 'https://kibana.example/base', key: false });
  expect(Object.keys(options ?? {}).filter((name) => name.startsWith('kibana'))).toEqual(['kibanaUrl']);
  expect(names).toEqual(['config', 'setup']);
});

test('a space, a key and a CA of Kibana’s own', async () => {
  const { options, sourceOf } = await jobOf(
    'setup.kibana.url=https://kibana.example:5601',
    'setup.kibana.space=security',
    'setup.kibana.existingSecret=kibana-key',
    'setup.kibana.apiKeyKey=key',
    'setup.kibana.caSecret=kibana-ca',
    'setup.kibana.caKey=tls.crt',
  );
  expect(options).toMatchObject({ kibanaSpace: 'security' });
  expect(sourceOf(options?.kibanaApiKeyFile)).toBe('kibana-key/key');
  expect(sourceOf(options?.kibanaCaFile)).toBe('kibana-ca/tls.crt');
});

test.each([
  ['setup.kibana.url=kibana.example', /setup\/kibana\/url|setup\.kibana\.url/u],
  ['setup.kibana.url=https://name:secret@kibana.example', /setup\/kibana\/url|setup\.kibana\.url/u],
  ['setup.kibana.space=Not A Space', /setup\/kibana\/space|setup\.kibana\.space/u],
  ['setup.kibana.user=me', /setup\/kibana|setup\.kibana/u],
])('%s is refused with its path', async (wrong, path) => {
  await expect(jobOf(wrong)).rejects.toThrow(path);
});
