import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventHead, shapeEvent } from '../../../agent/document/index.ts';
import { bodyMembers, parseEvent, responseMember } from '../../../agent/event/index.ts';
import { cutMembers } from '../../../agent/json/index.ts';
import { context, place } from './places.ts';

const start = '{"kind":"Event","apiVersion":"audit.k8s.io/v1"';
const textOf = (pieces: readonly (string | Buffer)[]) =>
  Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString();

test('the long form is made of what was left of the line: what was cut does not come back', () => {
  const line = Buffer.from(
    `${start},"annotations":{"a":"hidden"},"requestObject":{"a":"${'x'.repeat(5000)}"}}`,
  );
  const event = parseEvent(line)!;
  const left = cutMembers(line, new Set(['annotations']));
  const limits = { lineBytes: line.length, mac: () => 'the mac' };
  for (const entryBytesMax of [100_000, 2500, 100]) {
    const document = textOf(shapeEvent(event, left, context, place, { ...limits, entryBytesMax }).pieces);
    expect(document).not.toContain('hidden');
    if (entryBytesMax < 5000) expect(document).toContain(`"bytes":${line.length}`);
  }
});

test('without bodies an event is the same whether policy had cut one of them before or not', () => {
  const space = fc.constantFrom('', ' ', '\t');
  const key = fc.constantFrom('requestObject', 'responseObject', 'request\\u004fbject', 'level', 'a');
  const member = fc
    .tuple(key, space, fc.jsonValue(), space)
    .map(([name, before, value, after]) => `,${before}"${name}":${JSON.stringify(value)}${after}`);
  fc.assert(
    fc.property(fc.array(member, { maxLength: 6 }), (members) => {
      const line = Buffer.from(`${start}${members.join('')}}`);
      const once = textOf(cutMembers(line, bodyMembers));
      const left = Buffer.concat(cutMembers(line, responseMember));
      expect(textOf(cutMembers(left, bodyMembers))).toBe(once);
    }),
  );
});

test('a line that could not be held whole says what it has lost, and in a small document that it has lost all', () => {
  const line = Buffer.from(`${start},"verb":"create"}`);
  const event = parseEvent(line)!;
  const cut = { bytes: 9_000_000, mac: 'the mac', fields: ['requestObject'] };
  const shaped = (entryBytesMax: number) =>
    JSON.parse(
      textOf(
        shapeEvent(event, [line], context, { ...place, cut }, { entryBytesMax, lineBytes: 1, mac: () => '' })
          .pieces,
      ),
    ) as Record<string, unknown>;
  expect(shaped(100_000)).toMatchObject({ kubernetes: {}, auditseal: { cut } });
  const small = shaped(eventHead(event, context, { ...place, cut }).length);
  expect(small).toMatchObject({ auditseal: { cut: { ...cut, fields: ['kubernetes'] } } });
  expect(small).not.toHaveProperty('kubernetes');
});
