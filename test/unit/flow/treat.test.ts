import { expect, test } from 'vitest';
import { Detector, parseRules, ruleSet } from '../../../agent/detect/index.ts';
import { parseEvent } from '../../../agent/event/index.ts';
import { treatEvent, treatText } from '../../../agent/flow/treat.ts';
import type { EventLine, Treatment } from '../../../agent/flow/treat.ts';
import { parsePolicy } from '../../../agent/policy/index.ts';
import { Redactor } from '../../../agent/redact/index.ts';
import { context, place } from '../document/places.ts';

const policy = parsePolicy(`
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
  - { name: noise, level: None, verbs: [watch] }
  - { name: secrets, level: Metadata, resources: [{ resources: [secrets] }] }
  - { name: pods, level: Request, resources: [{ resources: [pods] }] }
`);
const redactor = new Redactor({ wholeEnvironment: false });
const by: Treatment = {
  policy,
  redactor,
  pseudonymizer: undefined,
  detector: undefined,
  people: undefined,
  context,
  entryBytesMax: 100_000,
};

function line(members: string): EventLine {
  const bytes = Buffer.from(
    `{"kind":"Event","apiVersion":"audit.k8s.io/v1","stage":"ResponseComplete","stageTimestamp":"2026-11-23T01:06:03.433599Z","requestURI":"/","user":{"username":"alice"},${members}}`,
  );
  return { event: parseEvent(bytes)!, bytes, mac: () => 'the mac' };
}

const bodies = '"requestObject":{"a":"asked"},"responseObject":{"a":"answered"}';
const of = (resource: string) => line(`"verb":"create","objectRef":{"resource":"${resource}"},${bodies}`);
const text = (pieces: readonly (string | Buffer)[]) =>
  Buffer.concat(pieces.map((one) => Buffer.from(one))).toString();

test('an event that a rule drops becomes nothing but the name of the rule', () => {
  expect(treatEvent(line('"verb":"watch"'), place, by)).toEqual({ kind: 'dropped', rule: 'noise' });
});

test.each([
  ['secrets', 'secrets', []],
  ['pods', 'pods', ['asked']],
  ['nodes', 'default', ['asked', 'answered']],
])('of an event on %s the rule %s leaves the bodies %j', (resource, rule, left) => {
  const treated = treatEvent(of(resource), place, by);
  if (treated.kind !== 'kept') throw new Error('dropped');
  expect(treated).toMatchObject({ rule, isReduced: left.length < 2, refusal: undefined });
  const document = text(treated.document.pieces);
  expect(['asked', 'answered'].filter((body) => document.includes(body))).toEqual(left);
  expect(JSON.parse(document)).toMatchObject({ auditseal: { rule, batch: place.batch } });
});

test('managed fields are cut where policy says so, and the event says what it lacks', () => {
  const slim = parsePolicy(`
apiVersion: audit.k8s.io/v1
kind: Policy
omitManagedFields: true
rules: [{ name: pods, level: Request, resources: [{ resources: [pods] }] }]
`);
  const body = '{"metadata":{"managedFields":[{"manager":"x"}],"name":"a"}}';
  const asked = (resource: string) =>
    line(
      `"verb":"create","objectRef":{"resource":"${resource}"},"requestObject":${body},"responseObject":${body}`,
    );
  const treated = (asked_: EventLine, at = place) => {
    const one = treatEvent(asked_, at, { ...by, policy: slim });
    if (one.kind !== 'kept') throw new Error('dropped');
    return { ...one, auditseal: (JSON.parse(text(one.document.pieces)) as { auditseal: object }).auditseal };
  };
  const pods = treated(asked('pods'));
  expect(pods).toMatchObject({ isReduced: true, isWithoutManagedFields: true });
  expect(text(pods.document.pieces)).toContain('"requestObject":{"metadata":{"name":"a"}}}}');
  const cut = { bytes: asked('pods').bytes.length, mac: 'the mac', fields: ['requestObject:managedFields'] };
  expect(pods.auditseal).toMatchObject({ cut });
  const both = ['requestObject:managedFields', 'responseObject:managedFields'];
  const nodes = treated(asked('nodes'));
  expect(nodes).toMatchObject({ isReduced: false, isWithoutManagedFields: true });
  expect(nodes.auditseal).toMatchObject({ cut: { fields: both } });
  expect(treated(of('nodes')).auditseal).not.toHaveProperty('cut');
  // What was repaired or cut before is said, too.
  const repaired = { bytes: 1, mac: 'another', fields: ['requestObject:utf8'] };
  expect(treated(asked('pods'), { ...place, cut: repaired }).auditseal).toMatchObject({
    cut: { bytes: 1, mac: 'another', fields: ['requestObject:utf8', 'requestObject:managedFields'] },
  });
});

test('what a line lost because it was too long is not taken for missing', () => {
  const policyAbout = parsePolicy(`
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{ name: quiet, level: None, users: [alice], when: '!has(event.requestObject) || event.requestObject.quiet' }]
`);
  const treated = (at: typeof place, members: string) =>
    treatEvent(line(`"verb":"create"${members}`), at, { ...by, policy: policyAbout }).kind;
  expect(treated(place, '')).toBe('dropped');
  expect(treated(place, ',"requestObject":{"quiet":true}')).toBe('dropped');
  expect(treated(place, ',"requestObject":{"quiet":false}')).toBe('kept');
  const cut = { bytes: 1, mac: 'x', fields: ['requestObject', 'responseObject'] };
  expect(treated({ ...place, cut }, '')).toBe('kept');
});

test('the same line in the same place gives the same bytes', () => {
  const once = treatEvent(of('pods'), place, by);
  expect(treatEvent(of('pods'), place, by)).toEqual(once);
});

test('too deep is judged by what policy left', () => {
  const deep = '['.repeat(300) + ']'.repeat(300);
  const deepOf = (resource: string) =>
    treatEvent(
      line(`"verb":"create","objectRef":{"resource":"${resource}"},"requestObject":${deep}`),
      place,
      by,
    );
  expect(deepOf('nodes')).toMatchObject({ kind: 'kept', refusal: { form: 'bodies', type: 'too_deep' } });
  expect(deepOf('secrets')).toMatchObject({ kind: 'kept', refusal: undefined });
});

test.each([
  [
    'a patch',
    '"verb":"patch","objectRef":{"resource":"nodes"}',
    { form: 'bodies', type: 'mapping_conflict' },
  ],
  [
    'a custom resource',
    '"verb":"create","objectRef":{"resource":"things","apiGroup":"example.com"}',
    { form: 'bodies', type: 'mapping_conflict' },
  ],
  [
    'what the apiserver prints itself',
    '"verb":"update","objectRef":{"resource":"leases","apiGroup":"coordination.k8s.io"}',
    undefined,
  ],
  ['what policy cuts the bodies of', '"verb":"patch","objectRef":{"resource":"secrets"}', undefined],
])('of %s that Elasticsearch would refuse for its body it is known beforehand', (_what, head, refusal) => {
  const bytes = line(`${head},"requestObject":{"spec":"x"}`);
  expect(treatEvent(bytes, place, by)).toMatchObject({ kind: 'kept', refusal });
});

function created(labels: string, extra = '{"a":["b"]}') {
  const audit = `"verb":"create","objectRef":{"resource":"nodes"},"impersonatedUser":{"username":"x","extra":${extra}}`;
  return treatEvent(line(`${audit},"requestObject":{"metadata":{"labels":${labels}}}`), place, by);
}

test('odd names of labels and of a user’s extra are known beforehand: a client chooses both', () => {
  const long = 'x'.repeat(33_000);
  expect(created('{"a.b/c":"d"}')).toMatchObject({ kind: 'kept', refusal: undefined });
  expect(created(`{"a":"${long}"}`)).toMatchObject({ kind: 'kept', refusal: undefined });
  for (const labels of [String.raw`{"a\u0000b":"c"}`, `{"${long}":"c"}`])
    expect(created(labels)).toMatchObject({ refusal: { form: 'bodies', type: 'field_name' } });
  for (const extra of [String.raw`{"a\u0000b":["c"]}`, `{"${long}":["c"]}`])
    expect(created('{}', extra)).toMatchObject({ refusal: { form: 'event', type: 'field_name' } });
});

test('what was too long for its bodies is not refused for them', () => {
  const long = `"verb":"patch","objectRef":{"resource":"nodes"},"requestObject":{"spec":"${'x'.repeat(300_000)}"}`;
  expect(treatEvent(line(long), place, { ...by, entryBytesMax: 65_536 })).toMatchObject({
    kind: 'kept',
    refusal: undefined,
  });
});

test('a line that is no event is shown as text, a long one by its ends and its mac', () => {
  const short = treatText({ bytes: Buffer.from('torn'), mac: () => 'the mac', why: 'torn' }, place, by);
  expect(JSON.parse(text(short.document.pieces))).toMatchObject({
    event: { kind: 'pipeline_error', original: 'torn' },
    'error.message': 'torn',
  });
  const long = { bytes: Buffer.alloc(60_000, 'x'), mac: () => 'the mac', why: 'long' };
  const shown = JSON.parse(text(treatText(long, place, by).document.pieces)) as { auditseal: object };
  expect(shown.auditseal).toMatchObject({ cut: { bytes: 60_000, mac: 'the mac', fields: ['original'] } });
});

const watching = `
rules:
  - id: watched
    title: Somebody watches
    when: event.verb == "watch"
    severity: high
    threat: [TA0007, T1613]
    next: Look.
    false_positives: Many.
    needs: Metadata
  - id: created
    title: Something made
    when: event.verb == "create"
    severity: low
    threat: [TA0003, T1552.007]
    next: Look.
    false_positives: Many.
    needs: Metadata
`;
const detector = () =>
  new Detector({ ruleSet: ruleSet(parseRules(watching, 'the rules')), ownNamespace: 'auditseal' });

test('what detection finds is stamped, and kept without bodies though policy drops it', () => {
  const treated = treatEvent(line(`"verb":"watch",${bodies}`), place, { ...by, detector: detector() });
  if (treated.kind !== 'kept') throw new Error('dropped');
  expect(treated).toMatchObject({ rule: 'detection', isReduced: true });
  expect(treated.fired.map(({ text: { id } }) => id)).toEqual(['watched']);
  const document = text(treated.document.pieces);
  expect(document).not.toContain('asked');
  expect(JSON.parse(document)).toMatchObject({
    event: { kind: 'event', action: 'watch', severity: 73, risk_score: 73 },
    rule: { id: ['watched'], name: ['Somebody watches'] },
    threat: { framework: 'MITRE ATT&CK', tactic: { id: ['TA0007'] }, technique: { id: ['T1613'] } },
    auditseal: { rule: 'detection', next: ['Look.'] },
  });
});

test('of what policy keeps, detection changes nothing but the head', () => {
  const treated = treatEvent(of('pods'), place, { ...by, detector: detector() });
  if (treated.kind !== 'kept') throw new Error('dropped');
  expect(treated.rule).toBe('pods');
  const { rule, threat, ...rest } = JSON.parse(text(treated.document.pieces)) as Record<string, unknown>;
  expect(rule).toEqual({ id: ['created'], name: ['Something made'] });
  expect(threat).toMatchObject({ technique: { id: ['T1552'], subtechnique: { id: ['T1552.007'] } } });
  const without = treatEvent(of('pods'), place, by);
  if (without.kind !== 'kept') throw new Error('dropped');
  const { event, auditseal, ...other } = rest as { event: object; auditseal: object };
  const {
    event: plain,
    auditseal: plainSeal,
    ...same
  } = JSON.parse(text(without.document.pieces)) as typeof rest;
  expect(other).toEqual(same);
  expect(auditseal).toEqual({ ...(plainSeal as object), next: ['Look.'] });
  expect(event).toEqual({ ...(plain as object), severity: 21, risk_score: 21 });
});
