import { array, constant, constantFrom, letrec, oneof, sample, tuple } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { beforeAll, expect, inject, test } from 'vitest';
import { bulk, createClient } from '../../../agent/elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../../agent/elasticsearch/index.ts';
import { bodyConflict, eventStream, installTemplates } from '../../../agent/streams/index.ts';
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
  '{"spec":{"containers":[{"image":{},"securityContext":"x"}]}}': undefined,
  '{"spec.type":"x","spec":{"type":"y"}}': undefined,
  '{"spec.containers":"x"}': 'mapping_conflict',
  '{"spec.type.x":null}': 'mapping_conflict',
  '{"spec.containers.image":[{}]}': undefined,
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

const mapped =
  'metadata roleRef rules subjects webhooks spec op path containers volumes type hostPID hostPath resourceAttributes verb ' +
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
