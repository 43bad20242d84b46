import { array, constant, constantFrom, letrec, oneof, sample, tuple } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { beforeAll, expect, inject, test } from 'vitest';
import { bulk, createClient } from '../../../agent/elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../../agent/elasticsearch/index.ts';
import { bodyConflict, eventStream, extraConflict, installTemplates } from '../../../agent/streams/index.ts';
import { randomNamespace } from '../../kit/elasticsearch/index.ts';
import { gzipBody } from '../../kit/body.ts';

const seed = Number(process.env['AUDITSEAL_SEED'] ?? Date.now() % 2 ** 32);
const bodiesMax = 6000;
const atOnce = 500;

let client: ElasticsearchClient;
let namespace: string;

beforeAll(async () => {
  client = await createClient({ urls: [inject('elasticsearchUrl')], requestSeconds: 120 });
  namespace = randomNamespace();
  await installTemplates(client, { namespace, retentionDays: 400 });
});

/** Whether Elasticsearch takes each of the bodies, as `name` of an audit event. */
async function isTaken(name: string, bodies: readonly string[]): Promise<boolean[]> {
  const taken: boolean[] = [];
  for (let from = 0; from < bodies.length; from += atOnce) {
    const documents = bodies.slice(from, from + atOnce).map((body, i) => ({
      id: `${name}-${from + i}-${taken.length}-${Math.random()}`,
      source: `{"@timestamp":"2026-11-23T01:00:00Z","kubernetes":{"audit":{"${name}":${body}}}}`,
    }));
    const { items } = await bulk(client, {
      stream: eventStream(namespace),
      gzipBody: gzipBody(documents),
      count: documents.length,
    });
    taken.push(...items.map(({ status }) => status === 201));
  }
  return taken;
}

const ones = (digits: number) => '1'.repeat(digits);

/** Each is refused, or taken, for one reason. */
const known: Record<string, string | undefined> = {
  null: undefined,
  '[null,[{}]]': undefined,
  '"x"': 'mapping_conflict',
  '[{},7]': 'mapping_conflict',
  '{"spec":null,"rules":[null],"subjects":[[{}]]}': undefined,
  '{"spec":"x"}': 'mapping_conflict',
  '{"spec":[[true]]}': 'mapping_conflict',
  '{"rules":"x"}': 'mapping_conflict',
  '{"metadata":{"name":{"a":[{}]}}}': undefined,
  '{"spec":{"type":["a",["b"]]}}': undefined,
  '{"spec":{"type":[{}]}}': 'mapping_conflict',
  '{"spec":{"hostPID":"perhaps"}}': undefined,
  '{"spec":{"hostPID":{}}}': 'mapping_conflict',
  '{"spec":{"containers":[{"image":["a",[1,null]],"command":{},"securityContext":"x"}]}}': undefined,
  '{"spec":{"containers":[{"image":{}}]}}': 'mapping_conflict',
  '{"spec":{"initContainers":{"image":[[{}]]}}}': 'mapping_conflict',
  '{"spec":{"template":{"spec":{"containers":[{"image":"a","name":{}}]}}}}': undefined,
  '{"spec":{"template":"x"}}': 'mapping_conflict',
  '{"kind":{}}': 'mapping_conflict',
  '{"metadata":{"labels":{"a":{"b":[[1,{"":null," ":true}]]}},"ownerReferences":[{"kind":"a"},[null]]}}':
    undefined,
  '{"metadata":{"labels":"x"}}': 'mapping_conflict',
  '{"metadata":{"ownerReferences":[{},1]}}': 'mapping_conflict',
  '{"metadata.labels":["x"]}': 'mapping_conflict',
  '{"metadata.labels.a":"x","metadata":{"labels.a":1,"x":{"labels":2}}}': undefined,
  '{"metadata":{"labels":{"a\\u0000b":"x"}}}': 'field_name',
  '{"metadata":{"labels":{"a":"x\\u0000b"}}}': undefined,
  [`{"metadata":{"labels":${'{"a":'.repeat(20)}1${'}'.repeat(20)}}}`]: undefined,
  [`{"metadata":{"labels":${'{"a":'.repeat(21)}1${'}'.repeat(21)}}}`]: 'mapping_conflict',
  [`{"metadata":{"labels":{"a":${'['.repeat(50)}{"b":1}${']'.repeat(50)}}}}`]: undefined,
  [`{"metadata":{"labels":{"${ones(4000)}":{"${ones(4191)}":"${'\uFFFF'.repeat(8191)}"}}}}`]: undefined,
  [`{"metadata":{"labels":{"${ones(4000)}":{"${ones(4192)}":"${'\uFFFF'.repeat(8191)}"}}}}`]: 'field_name',
  [`{"metadata":{"labels":{"${ones(100)}":"${ones(40_000)}"}}}`]: undefined,
  [`{"metadata":{"labels":{"${ones(33_000)}":"x"}}}`]: 'field_name',
  '{"spec.type":"x","spec":{"type":"y"}}': undefined,
  '{"spec.containers":"x"}': 'mapping_conflict',
  '{"spec.type.x":null}': 'mapping_conflict',
  '{"spec.containers.image":[{}]}': 'mapping_conflict',
  '{"spec.containers.name":[{}]}': undefined,
  '{"metadata.":"x"}': 'mapping_conflict',
  '{"q":{"r":[{"x":1,"\\u0078":2}]}}': 'duplicate_field',
  '{"metadata":{"labels":{"x":1,"x":1}}}': 'duplicate_field',
  '{"a..":1,"a ":2," a. b":3,"\u00A0":4,"q":{"":1,"..":2}}': undefined,
  '{"":null}': 'field_name',
  '{"..":1}': 'field_name',
  '{".a":1}': 'field_name',
  '{"a. ":1}': 'field_name',
  '{" .":1}': 'field_name',
  '{"\u3000":1}': 'field_name',
  '{"\\u001c":1}': 'field_name',
  '{"metadata":{".":1,"a..b":{},"labels":{"":1," ":2}}}': undefined,
  '{"metadata":{"":1}}': 'field_name',
  '{"spec":{"containers":[[{"\\t":1}]]}}': 'field_name',
  [`{"n":[-0.${ones(999)},1.${ones(499)}e+${ones(500)}]}`]: undefined,
  [`{"n":{"m":0.${ones(1000)}}}`]: 'long_number',
  [`{"${ones(200_000)}":"${ones(200_000)}"}`]: undefined,
};

test('of each reason why Elasticsearch refuses a body the agent knows beforehand', async () => {
  const bodies = Object.keys(known);
  const conflicts = bodies.map((body) => bodyConflict('requestObject', Buffer.from(body)));
  expect(Object.fromEntries(bodies.map((body, i) => [body, conflicts[i]]))).toEqual(known);
  const taken = await isTaken('requestObject', bodies);
  expect(bodies.filter((body, i) => taken[i] !== (known[body] === undefined))).toEqual([]);
});

const extras: readonly [extra: unknown, conflict: string | undefined][] = [
  [{ 'authentication.kubernetes.io/pod-name': ['p'], 'a..b': ['x'], '.': ['y'], '': ['z'] }, undefined],
  [null, undefined],
  [{ 'a\0b': ['x'] }, 'field_name'],
  [{ ['k'.repeat(33_000)]: ['x'] }, 'field_name'],
  ['x', 'mapping_conflict'],
];

test('of the extra of a user, too: whoever may impersonate chooses its names', async () => {
  expect(extras.map(([extra]) => extraConflict(extra))).toEqual(extras.map(([, conflict]) => conflict));
  for (const user of ['user', 'impersonatedUser']) {
    const taken = await isTaken(
      user,
      extras.map(([extra]) => JSON.stringify({ extra })),
    );
    expect(taken).toEqual(extras.map(([, conflict]) => conflict === undefined));
  }
});

const mapped =
  'metadata roleRef rules subjects webhooks spec kind ownerReferences image template op path containers volumes type hostPID hostPath resourceAttributes verb ' +
  'securityContext privileged name labels verbs externalIPs x y';
const odd = [
  '',
  ' ',
  '.',
  '..',
  'é',
  '\u2003',
  String.raw`\n`,
  String.raw`\u0078`,
  String.raw`\"`,
  String.raw`\u0022`,
];
const names = constantFrom(...mapped.split(' '), ...odd);
const paths = oneof(
  { weight: 6, arbitrary: names },
  {
    weight: 1,
    arbitrary: array(names, { minLength: 2, maxLength: 3 }).map((parts) => parts.join('.')),
  },
);
const scalars = constantFrom('null', '"x"', '""', 'true', '0', '-1.5e3', '"\\ud800"', '1e999');

/** JSON text with names that the mapping knows, and with all that may be wrong. */
const { body } = letrec<{ body: string; object: string }>((tie) => ({
  object: array(tuple(paths, tie('body')), { maxLength: 4, depthIdentifier: 'body' }).map(
    (members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`,
  ),
  body: oneof(
    { depthIdentifier: 'body', maxDepth: 6, depthSize: 'large' },
    scalars,
    tie('object'),
    tie('object'),
    array(tie('body'), { maxLength: 3, depthIdentifier: 'body' }).map((items) => `[ ${items.join(' , ')} ]`),
  ),
})) as { body: Arbitrary<string> };

/** Mostly sound, so that faults come one at a time. */
const sound: Record<string, Arbitrary<string>> = {
  spec: constantFrom(
    '{"type":"a","containers":[{"image":"i"}]}',
    '{"hostPID":true}',
    '{"x":{"":[{"..":1}]}}',
    'null',
  ),
  metadata: constantFrom('{"name":"n","labels":{"a.b/c":"d","":"e"}}', '{}', 'null', '[]'),
  rules: constantFrom('[{"verbs":["*"]}]', '[]', '[{"verbs":{}}]'),
  op: constant('"add"'),
  data: body,
};
const nearlySound = array(
  oneof(
    ...Object.entries(sound).map(([name, value]) => value.map((text) => `"${name}":${text}`)),
    tuple(paths, body).map(([name, value]) => `"${name}":${value}`),
  ),
  { maxLength: 4 },
).map((members) => `{${members.join(',')}}`);

test.each(['requestObject', 'responseObject'])(
  `of generated bodies Elasticsearch takes those, as %s, of which the agent knows no conflict, and no other (seed ${seed})`,
  async (name) => {
    const bodies = [
      ...sample(nearlySound, { seed, numRuns: bodiesMax / 2 }),
      ...sample(body, { seed, numRuns: bodiesMax / 2 }),
    ];
    const conflicts = bodies.map((text) => bodyConflict(name, Buffer.from(text)));
    const found = Map.groupBy(conflicts, (conflict) => conflict);
    for (const conflict of [undefined, 'mapping_conflict', 'duplicate_field', 'field_name'] as const)
      expect(found.get(conflict)?.length ?? 0, String(conflict)).toBeGreaterThan(bodiesMax / 100);
    const taken = await isTaken(name, bodies);
    const wrong = bodies.filter((_, i) => taken[i] !== (conflicts[i] === undefined));
    expect(wrong.toSorted((a, b) => a.length - b.length).slice(0, 10)).toEqual([]);
  },
);
