import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../../../agent/config/index.ts';
import { parsePolicy } from '../../../agent/policy/index.ts';
import { residentBytesMax } from '../../kit/memory-formula.ts';
import type { Limits } from '../../kit/memory-formula.ts';
import { findHelm, least, objectsOf, template } from './helm.ts';
import { valuesSchema } from './values-schema.ts';

const mebibyte = 1024 * 1024;

let helm: string;
// Go builds helm once on a machine.
beforeAll(async () => {
  helm = await findHelm();
}, 900_000);

/** What `helm template` says, or nothing where it renders. Each set is as of `--set`. */
async function refusal(...set: string[]): Promise<string> {
  return await refusalOf(...[least, ...set].flatMap((one) => ['--set', one]));
}

async function refusalOf(...args: string[]): Promise<string> {
  return await template(helm, ...args).then(
    () => '',
    (error: unknown) => (error as { stderr: string }).stderr,
  );
}

const source = (i: number) => `sources[${i}].name=s${i},sources[${i}].path=/logs/${i}.log`;
const setOf = ({ batchBytesMax, entryBytesMax, sources = 1 }: Limits) => [
  ...(batchBytesMax === undefined ? [] : [`config.batchBytesMax=${batchBytesMax}`]),
  ...(entryBytesMax === undefined ? [] : [`config.entryBytesMax=${entryBytesMax}`]),
  ...[...Array(sources).keys()].map(source),
];
const policyOf = (rules: string) => `apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n${rules}`;
const takes = (text: string) => {
  try {
    parsePolicy(text);
    return true;
  } catch {
    return false;
  }
};
const readFrom = (path: string) => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');

test.each([
  [['name=a', 'type=slack'], 'urlFile is required'],
  [['name=a', 'type=slack', 'url=https://x.example'], 'urlFile is required'],
  [['name=a', 'type=webhook', 'url=https://x.example'], 'keyFile is required'],
  [['name=a', 'type=pagerduty'], 'routingKeyFile is required'],
  [['name=a', 'type=alertmanager'], 'url or urlFile is required'],
  [['name=a', 'type=alertmanager', 'url=http://x'], 'plain text'],
  [['name=a', 'type=carrier'], 'type'],
])('an endpoint of notifications that the agent would refuse is refused: %j', async (keys, why) => {
  expect(await refusal(...keys.map((key) => `notifications.endpoints[0].${key}`))).toContain(why);
});

test('what is not set is said in one go, a sentence each', async () => {
  const said = await refusalOf('--set', 'setup.enabled=true,verify.enabled=true');
  for (const path of [
    'cluster',
    'image.repository',
    'elasticsearch.url',
    'elasticsearch.existingSecret',
    'setup.existingSecret',
    'verify.existingSecret',
  ])
    expect(said).toMatch(new RegExp(`^  ${path.replaceAll('.', '[.]')} is not set: `, 'mu'));
  expect(await refusal()).toBe('');
});

test.each([
  ['image.repository=registry.example/auditseal:0.1.0', /image\.repository holds a tag or a digest/u],
  ['image.repository=registry.example/auditseal@sha256:00', /image\.repository holds a tag or a digest/u],
  ['image.repository=https://registry.example/auditseal', /image\.repository is a URL/u],
  ['image.repository=registry.example:5000/auditseal', /^$/u],
  ['image.tag=v1/2', /image[./]tag/u],
  ['cluster=prod/eu', /at '\/cluster'|cluster/u],
  [
    'sources[0].name=a,sources[0].path=/a/a.log,sources[1].name=a,sources[1].path=/b/b.log,resources.limits=null',
    /sources\[1\]\.name is used twice: a/u,
  ],
  [
    'sources[0].name=a,sources[0].path=/a/a.log,sources[1].name=b,sources[1].path=/a/./a.log,resources.limits=null',
    /sources\[1\]\.path is used twice: \/a\/\.\/a\.log/u,
  ],
  [
    'config.elasticsearch.retentionDays=800,config.elasticsearch.recordRetentionDays=400',
    /recordRetentionDays \(400\) is below retentionDays \(800\)/u,
  ],
  [
    'config.elasticsearch.recordRetentionDays=399',
    /recordRetentionDays \(399\) is below retentionDays \(400\)/u,
  ],
  ['config.elasticsearch.recordRetentionDays=400', /^$/u],
  [
    'elasticsearch.url=http://es.example:9200',
    /would be sent the key, and every event, in plain text: .*http:/u,
  ],
  ['elasticsearch.url=http://127.0.0.1.example', /in plain text/u],
  ['elasticsearch.url=http://127.0.0.1:9200', /^$/u],
  ['elasticsearch.url=http://es.example:9200,config.elasticsearch.allowPlaintext=true', /^$/u],
  [
    'elasticsearch.url=http://es.example:9200,elasticsearch.caSecret=ca',
    /elasticsearch\.caSecret needs URLs that begin with https: http:/u,
  ],
  [
    `elasticsearch.caSecret=ca,config.elasticsearch.caFingerprint=${'a'.repeat(64)}`,
    /are both set: one of them says whom to trust/u,
  ],
  [
    'config.elasticsearch.proxyUsername=me',
    /proxyUsername and proxyPasswordFile go together[^]*goes with proxy/u,
  ],
  ['config.elasticsearch.username=elastic', /username/u],
  ['elasticsearch.urls={https://a.example}', /are both set: set one/u],
  ['terminationGracePeriodSeconds=29', /terminationGracePeriodSeconds is 29, and the agent needs 30: /u],
  ['terminationGracePeriodSeconds=30', /^$/u],
  ['config.shutdownSeconds=60,terminationGracePeriodSeconds=69', /is 69, and the agent needs 70/u],
  ['config.shutdownSeconds=0,terminationGracePeriodSeconds=10', /^$/u],
  ['networkPolicy.dnsPorts={0}', /dnsPorts/u],
  ['metrics.prometheusRule.runbookUrlBase=docs/operations.md', /runbookUrlBase/u],
])('%s', async (set, says) => {
  expect(await refusal(set)).toMatch(says);
});

test.each([
  '/logs/audit.log',
  '/logs/*.log',
  '/logs/audit.[0-9].log',
  '/logs/',
  '/logs/audit.log.gz',
  '/dev/stdout',
  '/dev/../dev/stdout',
  '/dev/shm/audit.log',
  '/proc/1/fd/1',
  '/process/audit.log',
])('a path of a log is refused where the agent refuses it: %s', async (path) => {
  const sources = JSON.stringify([{ name: 'a', path }]);
  const said = await refusalOf('--set', least, '--set-json', `sources=${sources}`);
  const config = `{ cluster: a, sources: ${sources}, elasticsearch: { urls: [https://es.example] } }`;
  if (said === '') expect(parseConfig('auditseal.yaml', config).sources).toEqual([{ name: 'a', path }]);
  else {
    expect(said).toMatch(/^ {2}sources\[0\]\.path is /mu);
    expect(() => parseConfig('auditseal.yaml', config)).toThrow(/sources\.0\.path/u);
  }
});

test('the root of the node is mounted nowhere', async () => {
  expect(await refusal('sources[0].name=a,sources[0].path=/audit.log')).toMatch(
    /sources\[0\]\.path lies in \//u,
  );
});

describe('a memory limit below the formula of docs/operations.md', () => {
  const variants: Limits[] = [
    {},
    { sources: 4 },
    { batchBytesMax: 16 * mebibyte, entryBytesMax: 333_334 },
    { batchBytesMax: 65_536, entryBytesMax: 32 * mebibyte + 2, sources: 3 },
  ];

  test.each(variants)('is refused, and the formula is not: %o', async (limits) => {
    const bytes = Math.ceil(residentBytesMax(limits));
    expect(await refusal(...setOf(limits), `resources.limits.memory=${bytes}`)).toBe('');
    const said = await refusal(...setOf(limits), `resources.limits.memory=${bytes - 2}`);
    expect(said).toContain(`need ${Math.ceil(bytes / mebibyte)}Mi (docs/operations.md, Memory)`);
  });

  test.each([
    ['328Mi', true],
    ['327Mi', false],
    ['0.5Gi', true],
    ['344M', true],
    ['343M', false],
    ['335872Ki', true],
    ['3.44e8', true],
    ['344000000000m', true],
    ['1G', true],
    ['20', false],
    ['328MB', undefined],
  ])('in each form of a quantity: %s', async (quantity, isEnough) => {
    const said = await refusalOf('--set', least, '--set-string', `resources.limits.memory=${quantity}`);
    if (isEnough === true) expect(said).toBe('');
    else expect(said).toMatch(isEnough === false ? /need 328Mi/u : /is no quantity: 328MB/u);
  });

  test('is nothing where there is no limit', async () => {
    expect(await refusal('resources.limits=null')).toBe('');
    expect(await refusal('resources=null')).toBe('');
  });
});

describe('a policy is refused where the agent refuses it', () => {
  test.each([
    ['the default policy', readFrom('agent/policy/default-policy.yaml'), /^$/u],
    [
      'every key of a rule',
      policyOf(
        '- { name: a.b, level: None, users: [u], userGroups: [g], verbs: [get], resources: [{ group: "", resources: [pods], resourceNames: [p] }],' +
          ' namespaces: [n], omitStages: [Panic], stages: [ResponseComplete], codes: [404, 5xx, none], impersonated: true }\n- { level: Metadata, nonResourceURLs: [/healthz*] }',
      ),
      /^$/u,
    ],
    ['no YAML', 'kind: [', /policy is not YAML that can be read: /u],
    ['a text', 'keep everything', /policy is not YAML that can be read: /u],
    ['a list', '- level: Metadata', /policy is not YAML that can be read: /u],
    [
      'another version',
      policyOf('- level: Metadata').replace('v1', 'v1beta1'),
      /policy\.apiVersion is "audit\.k8s\.io\/v1beta1", and must be "audit\.k8s\.io\/v1"/u,
    ],
    ['no kind', policyOf('- level: Metadata').replace('kind: Policy\n', ''), /policy\.kind is missing/u],
    ['no rules', policyOf('').replace('rules:', 'rules: []'), /policy\.rules is empty/u],
    ['nothing below rules', policyOf(''), /policy\.rules is nothing, and must be array/u],
    [
      'a level that there is not',
      policyOf('- level: metadata'),
      /policy\.rules\[0\]\.level is "metadata", and must be one of None, /u,
    ],
    ['no level', policyOf('- users: [a]'), /policy\.rules\[0\]\.level is missing/u],
    ['a misspelt key', policyOf('- { level: None, user: [a] }'), /policy\.rules\[0\]\.user is not a key/u],
    [
      'a text for a list',
      policyOf('- { level: None, users: a }'),
      /policy\.rules\[0\]\.users is string, and must be array/u,
    ],
    [
      'a code',
      policyOf('- { level: None, codes: [99] }'),
      /policy\.rules\[0\]\.codes\[0\] is not allowed: 99/u,
    ],
    [
      'a code with a fraction',
      policyOf('- { level: None, codes: [200.5] }'),
      /policy\.rules\[0\]\.codes\[0\] is not allowed: 200\.5/u,
    ],
    [
      'a group with a version',
      policyOf('- { level: None, resources: [{ group: apps/v1 }] }'),
      /policy\.rules\[0\]\.resources\[0\]\.group is not allowed: apps\/v1/u,
    ],
    ['what is not own', policyOf('- { level: None, own: false }'), /own is false, and must be true/u],
    [
      'a sample of everything',
      policyOf('- { level: Metadata, sample: 1.5 }'),
      /policy\.rules\[0\]\.sample is not allowed: 1\.5/u,
    ],
  ])('%s', async (_name, text, says) => {
    const said = await refusalOf(
      '--set',
      least,
      '--set-string',
      `policy=${text.replaceAll(/[,{}\\[\]]/gu, String.raw`\$&`)}`,
    );
    expect(said).toMatch(says);
    expect(takes(text)).toBe(said === '');
  });
});

/** As helm's `--set` takes it. */
const without = (paths: readonly string[]) => paths.map((path) => `${path}=null`).join(',');

describe('a value that is taken away with null', () => {
  const everything =
    'verify.enabled=true,verify.existingSecret=keys,setup.enabled=true,setup.existingSecret=admin,test.existingSecret=read,' +
    'metrics.podMonitor.enabled=true,metrics.serviceMonitor.enabled=true,metrics.prometheusRule.enabled=true,openshift.scc=true';
  const section = z.looseObject({
    properties: z.record(z.string(), z.unknown()),
    required: z.array(z.string()),
  });
  const found = { needed: [] as string[], spared: [] as string[], sections: [] as string[] };
  const sort = (schema: unknown, above: readonly string[]) => {
    const { properties, required } = section.parse(schema);
    for (const [key, inner] of Object.entries(properties)) {
      // Other charts' values are there, too.
      if (key === 'global') continue;
      const path = [...above, key].join('.');
      // What is in it follows the agent's own schema, and has the agent's defaults.
      const isSection = path !== 'config' && section.safeParse(inner).success;
      if (isSection) sort(inner, [...above, key]);
      found[!required.includes(key) ? 'spared' : isSection ? 'sections' : 'needed'].push(path);
    }
  };
  sort(valuesSchema(), []);

  test('is as if it had its default, where templates can do without', async () => {
    expect(found.spared).toEqual(expect.arrayContaining(['affinity', 'resources', 'verify.wholeStaleDays']));
    const text = await template(helm, '--set', `${least},${everything}`, '--set', without(found.spared));
    const holes = /.*(?:<nil>|<no value>|%!).*|"\w+":null/gmu;
    expect((text + JSON.stringify(objectsOf(text))).match(holes) ?? []).toEqual([]);
  });

  test.each(['needed', 'sections'] as const)('is named elsewhere: %s', async (kind) => {
    expect(found[kind].length).toBeGreaterThan(5);
    // A section within one that is away is away, too.
    const paths = found[kind].filter((path) => kind === 'needed' || !path.includes('.'));
    const said = await refusalOf('--set', `${least},${everything}`, '--set', without(paths));
    expect(said).not.toMatch(/nil pointer|error calling/u);
    for (const path of paths) expect(said).toContain(`'${path.split('.').at(-1)!}'`);
  });

  test.each(found.sections.filter((path) => path.includes('.')))('is named elsewhere: %s', async (path) => {
    expect(await refusal(`${path}=null`)).toContain(`missing property '${path.split('.').at(-1)!}'`);
  });
});

describe('sizes and times as people write them', () => {
  test('count as their numbers for memory and for the time of a stop', async () => {
    const sizes = 'config.batchBytesMax=16Mi,config.entryBytesMax=16Mi';
    const bytes = residentBytesMax({ batchBytesMax: 16 * mebibyte, entryBytesMax: 16 * mebibyte });
    expect(await refusal(sizes, `resources.limits.memory=${bytes}`)).toBe('');
    expect(await refusal(sizes, `resources.limits.memory=${bytes - 2}`)).toContain(
      'resources.limits.memory is',
    );
    const stop = 'config.shutdownSeconds=1m30s';
    expect(await refusal(stop, 'terminationGracePeriodSeconds=100')).toBe('');
    expect(await refusal(stop, 'terminationGracePeriodSeconds=99')).toContain('the agent needs 100');
  });

  test('are refused where they are none, and beyond the bounds of their keys', async () => {
    const said = await refusal(
      'config.batchBytesMax=1Ki,config.batchSeconds=2h,config.heartbeatSeconds=1500ms,config.epochDays=12h',
    );
    expect(said).toMatch(/^ {2}config[.]batchBytesMax is 1Ki, which is not allowed: 1024 bytes$/mu);
    expect(said).toMatch(/^ {2}config[.]batchSeconds is 2h, which is not allowed: 7200 seconds$/mu);
    expect(said).toMatch(/^ {2}config[.]heartbeatSeconds is 1500ms, which is not allowed: 1[.]5 seconds$/mu);
    expect(said).not.toContain('epochDays');
    expect(await refusal('config.batchBytesMax=4MiB')).toContain('batchBytesMax');
  });
});
