import { describe, expect, test } from 'vitest';
import { bodiesIn, CelEvent, Conditions } from '../../../agent/cel/index.ts';
import { DetectError, parseRules } from '../../../agent/detect/index.ts';
import { evaluatorOf } from '../../../agent/detect/evaluator.ts';
import { missing } from '../../../agent/detect/outcome.ts';
import { Values } from '../../../agent/detect/values.ts';
import { parseEvent } from '../../../agent/event/index.ts';

const conditions = new Conditions();

/** What an attacker can send, and what an apiserver writes. */
const bodies: readonly unknown[] = [
  { spec: { containers: [{ name: 'a', privileged: true }, { name: 'b' }], replicas: 3, nothing: null } },
  { spec: { containers: null } },
  { spec: { containers: 'text' } },
  { spec: { containers: [null, 1, { privileged: 'yes' }] } },
  { spec: [], list: [1, 2.5, 'x', true] },
  { __proto__: { a: 1 }, constructor: 'x', toString: [] },
  [],
  'text',
  null,
  undefined,
];

const lines = bodies.map((body) =>
  Buffer.from(
    JSON.stringify({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'RequestResponse',
      stage: 'ResponseComplete',
      verb: 'create',
      user: { username: 'Zoë', groups: ['a', 'b'], extra: { k: ['v'] } },
      objectRef: { resource: 'pods', name: '' },
      responseStatus: { code: 201 },
      annotations: { 'a.b/c': 'x' },
      requestObject: body,
    }),
  ),
);

const texts = [
  'event.verb == "create" && event.responseStatus.code >= 200',
  'event.requestObject.spec.replicas > 2',
  'event.requestObject.spec.replicas > 2 || event.verb == "create"',
  'event.requestObject.spec.replicas > 2 && event.verb == "get"',
  '!(event.requestObject.spec.replicas > 2)',
  'event.requestObject.spec.containers.exists(c, c.privileged == true)',
  'event.requestObject.spec.containers.exists(c, c.name == "b")',
  'event.requestObject.spec.containers.all(c, c.name != "")',
  'event.requestObject.spec.containers.exists_one(c, has(c.privileged))',
  'event.requestObject.spec.containers.filter(c, has(c.privileged)).size() == 1',
  'event.requestObject.?spec.?containers.orValue([]).size() == 2',
  'event.requestObject.?spec.?nothing.hasValue()',
  'has(event.requestObject.spec) && has(event.requestObject.spec.nothing)',
  'has(event.requestObject.spec.containers)',
  'has(event.requestObject) && has(event.requestObject.spec)',
  'event.?requestObject.?spec.?containers.orValue([]).size() == 2',
  'event.?requestObject.hasValue()',
  'event.requestObject.list.exists(x, x == 2.5)',
  'event.requestObject.list[0] == 1 && event.requestObject.list[3]',
  'event.requestObject.list == [1, 2]',
  '"x" in event.requestObject.list',
  'event.requestObject.constructor == "x"',
  'event.requestObject.hasOwnProperty == "x"',
  'event.requestObject == event.responseObject',
  'event.requestObject.spec.containers.size() > 1',
  'size(event.user.username) == 3',
  '"b" in event.user.groups && !("c" in event.user.groups)',
  'event.user.extra["k"].exists(v, v.startsWith("v"))',
  'event.user.extra["missing"].exists(v, v == "")',
  '"a.b/c" in event.annotations && event.annotations["a.b/c"] == "x"',
  'event.annotations["missing"] == "x"',
  'event.annotations[?"missing"].orValue("y") == "y"',
  'event.objectRef.name == "" ? event.verb == "create" : event.requestObject.nothing',
  'event.requestObject.spec.replicas in [1, 2, 3]',
  'event.verb in ["create", "delete"]',
  'event.user.username.lowerAscii().contains("zo")',
  '-event.responseStatus.code < 0',
];

test.each(texts)('%s is what the library finds, of whatever a client sends', (text) => {
  const condition = conditions.compile(text);
  const evaluate = evaluatorOf(condition.ast);
  const values = new Values('auditseal');
  for (const line of lines) {
    const event = parseEvent(line)!;
    values.begin(event, line);
    values.steps = 1000;
    const theirs = condition.evaluate({ event: new CelEvent(event, bodiesIn(line)) });
    const ours = evaluate(values);
    expect([line.toString(), ours === missing ? 'undecided' : ours]).toEqual([
      line.toString(),
      typeof theirs === 'boolean' ? theirs : 'undecided',
    ]);
  }
});

const ruleOf = (when: string) =>
  `rules:\n  - { id: a, title: t, severity: low, next: n, false_positives: f, needs: Metadata, when: '${when}' }`;

describe('a file of rules that cannot be used says where and why', () => {
  test.each([
    ['event.vreb == "get"', 'event has no member vreb'],
    ['humn && allowed', 'Unknown variable: humn'],
    ['event.verb.matches("a+")', 'matches() is not available'],
    ['event.requestObject.a + 1 > 2', '+ is not available in rules'],
    ['event.responseStatus.code == "200"', 'no such overload'],
    ['event.verb', 'must be true or false'],
    ['event.user == event.impersonatedUser', 'no such overload: User == User'],
    ['event.verb ==', 'Unexpected token'],
    ['event.requestObject.a.map(x, x) == []', 'map() is not available in rules'],
  ])('%s', (when, why) => {
    const problem = (() => {
      try {
        parseRules(ruleOf(when), 'own.yaml');
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(problem).toBeInstanceOf(DetectError);
    expect(String(problem)).toContain(why);
    expect(String(problem)).toMatch(/line 2: rules\[0\], a: when: /u);
    if (!why.startsWith('must be')) expect(String(problem)).toMatch(/\n *\^/u);
  });

  test.each([
    ['rules: [{ id: A }]', 'rules[0].id: must be lower case'],
    ['rules: [{ idd: a }]', 'Unrecognized key'],
    ['rules: [', 'is not YAML'],
    [`${ruleOf('true')}\n${ruleOf('true').split('\n')[1]}`, 'two rules with the id a'],
    [ruleOf('true').replace('needs', 'window: { by: [event.verb], seconds: 5 }, needs'), 'exactly one of'],
    [
      ruleOf('true').replace('needs', 'window: { by: [nobody], seconds: 5, count: 2 }, needs'),
      'must be a variable',
    ],
  ])('%s', (text, why) => {
    expect(() => parseRules(text, 'own.yaml')).toThrow(why);
  });
});
