import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cutManagedFields } from '../../../agent/event/index.ts';
import { linesOf } from '../../kit/events.ts';
import { removeManagedFields } from '../../kit/managed-fields.ts';

const managed = '"managedFields":[{"manager":"kubectl","fieldsV1":{"f:spec":{}}}]';

function cut(text: string, verb = 'create'): { text: string; bodies: readonly string[] } | undefined {
  const found = cutManagedFields(Buffer.from(text), { verb });
  return found && { text: Buffer.concat(found.pieces).toString(), bodies: found.bodies };
}

describe('managed fields are cut', () => {
  test.each([
    ['last', `{"metadata":{"name":"a",${managed}},"x":1}`, '{"metadata":{"name":"a"},"x":1}'],
    ['first', `{"metadata":{${managed}, "name":"a"}}`, '{"metadata":{"name":"a"}}'],
    ['alone', `{"metadata":{${managed}}}`, '{"metadata":{}}'],
    ['twice', `{"metadata":{${managed},"name":"a",${managed}}}`, '{"metadata":{"name":"a"}}'],
    [
      'of each item of a list',
      `{"metadata":{"a":1},"items":[{"metadata":{"b":1,${managed}}},1,{"metadata":{${managed}}}]}`,
      '{"metadata":{"a":1},"items":[{"metadata":{"b":1}},1,{"metadata":{}}]}',
    ],
    [
      "of the objects in a table's rows",
      `{"kind":"Table","rows":[{"cells":["a"],"object":{"metadata":{"b":1,${managed}}}}]}`,
      '{"kind":"Table","rows":[{"cells":["a"],"object":{"metadata":{"b":1}}}]}',
    ],
  ])('%s', (_, body, left) => {
    expect(cut(`{"verb":"create","requestObject":${body},"a":1}`)).toEqual({
      text: `{"verb":"create","requestObject":${left},"a":1}`,
      bodies: ['requestObject'],
    });
    expect(cut(`{"responseObject":${body}}`, 'patch')).toEqual({
      text: `{"responseObject":${left}}`,
      bodies: ['responseObject'],
    });
  });

  test('out of both bodies', () => {
    const body = `{"metadata":{"a":1,${managed}}}`;
    expect(cut(`{"requestObject":${body},"responseObject":${body}}`)).toEqual({
      text: '{"requestObject":{"metadata":{"a":1}},"responseObject":{"metadata":{"a":1}}}',
      bodies: ['requestObject', 'responseObject'],
    });
  });
});

describe('nothing is cut', () => {
  test.each([
    ["of a patch, which is the client's own text", `{"requestObject":{"metadata":{${managed}}}}`, 'patch'],
    ['elsewhere in the event', `{"metadata":{${managed}},"objectRef":{${managed}}}`, 'create'],
    ['elsewhere in a body', `{"requestObject":{"spec":{"template":{"metadata":{${managed}}}}}}`, 'create'],
    ['of a body without them', '{"requestObject":{"metadata":{"x":"managedFields"}}}', 'create'],
    ['of a text', `{"requestObject":${JSON.stringify(`{"metadata":{${managed}}}`)}}`, 'create'],
    [
      'of rows that are of no table',
      `{"requestObject":{"rows":[{"object":{"metadata":{${managed}}}}]}}`,
      'create',
    ],
    ['of what is no object', `{"requestObject":[{"metadata":{${managed}}}],"responseObject":null}`, 'create'],
  ])('%s', (_, text, verb) => {
    expect(cut(text, verb)).toBeUndefined();
  });
});

test('of each recorded event all else stays, value for value', () => {
  const rotating = 'test/kit/fixtures/rotating';
  const lines = readdirSync(rotating).flatMap((name) => linesOf(`${rotating}/${name}`));
  let events = 0;
  for (const line of lines) {
    if (!line.includes('"managedFields"')) continue;
    const event = JSON.parse(line.toString()) as Record<string, unknown>;
    const found = cutManagedFields(line, event);
    expect(removeManagedFields(event)).toBe(found !== undefined);
    if (found !== undefined) events += 1;
    const left = found === undefined ? line : Buffer.concat(found.pieces);
    expect(JSON.parse(left.toString())).toEqual(event);
  }
  expect(events).toBeGreaterThan(300);
});
