import { expect, test } from 'vitest';
import { parseEvent } from '../../../agent/event/index.ts';
import { Redactor } from '../../../agent/redact/index.ts';

const redactor = new Redactor({ wholeEnvironment: false });
const canary = 'c4n4ry-0123';

function explained(members: string) {
  const line = Buffer.from(`{"kind":"Event","apiVersion":"audit.k8s.io/v1",${members}}`);
  return { line, sites: redactor.explain(line, parseEvent(line), false) };
}

test('explain names rule, path and offset of what would be redacted, and nothing of the value', () => {
  const applied = JSON.stringify({ spec: { 'a/b~c': [{ password: canary }] } });
  const { line, sites } = explained(
    [
      `"requestURI":"/x?token=${canary}"`,
      `"requestObject":${JSON.stringify({
        spec: { containers: [{}, { env: [{ name: 'é' }, { name: 'TOKEN', value: canary }] }] },
        metadata: { annotations: { applied } },
      })}`,
    ].join(','),
  );
  expect(sites.map(({ rule, path }) => `${rule} ${path}`)).toEqual([
    'argument /requestURI',
    'environment /requestObject/spec/containers/1/env/1/value',
    'name /requestObject/metadata/annotations/applied/spec/a~1b~0c/0/password',
  ]);
  for (const { offset } of sites)
    expect(line.toString('latin1', offset, offset + canary.length)).toBe(canary);
  expect(JSON.stringify(sites)).not.toContain(canary);
});

test('explain says nothing of an event without secrets, and of what is no event no path', () => {
  expect(explained('"requestURI":"/token"').sites).toEqual([]);
  const text = Buffer.from(`x {"requestObject":{"a":"${canary}"}}`);
  expect(redactor.explain(text, undefined, false)).toEqual([{ rule: 'body', path: '', offset: 4 }]);
});
