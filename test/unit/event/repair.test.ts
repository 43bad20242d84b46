import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEvent, repairEvent, splitGlued } from '../../../agent/event/index.ts';

const head = '{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"patch","user":{"username":"mallory"}';
const latin1 = (text: string) => Buffer.from(text, 'latin1');

test('one ill-formed byte in a body hides nothing of who asked for what, nor of the rest of the body', () => {
  const line = latin1(`${head},"requestObject":{"role":"cluster-admin","x":"\xff"},"level":"Request"}`);
  expect(parseEvent(line)).toBeUndefined();
  const repaired = repairEvent(line)!;
  expect(repaired.event).toMatchObject({ verb: 'patch', user: { username: 'mallory' } });
  expect(repaired.fields).toEqual(['requestObject:utf8']);
  expect(JSON.parse(repaired.bytes.toString())).toMatchObject({
    requestObject: { role: 'cluster-admin', x: '\ufffd' },
    level: 'Request',
  });
});

test.each([
  ['a key in the body', '"requestObject":{"\xff":1}', ['requestObject:utf8']],
  [
    'both bodies',
    '"requestObject":"\xff","responseObject":"\x80"',
    ['requestObject:utf8', 'responseObject:utf8'],
  ],
  ['a body given twice', '"requestObject":"\xff","requestObject":"\xfe"', ['requestObject:utf8']],
  ['an escaped name', '"request\\u004fbject":"\xff"', ['requestObject:utf8']],
  [
    'what would be a quote if a byte were dropped',
    '"requestObject":"\xc3","responseObject":{}',
    ['requestObject:utf8'],
  ],
])('%s is repaired', (_what, members, fields) => {
  expect(repairEvent(latin1(`${head},${members}}`))?.fields).toEqual(fields);
});

test.each([
  ['another member', `${head},"userAgent":"\xff"}`],
  ['another member and a body', `${head},"userAgent":"\xff","requestObject":"\xff"}`],
  ['the name of a member', `${head},"\xff":"","requestObject":"\xff"}`],
  ['outside of the object', `${head}}\xff`],
  ['a torn line', `${head},"requestObject":"\xff`],
  ['no event', '{"requestObject":"\xff"}'],
  ['strict UTF-8', `${head}}`],
])('ill-formed bytes in %s are no such case', (_what, text) => {
  expect(repairEvent(latin1(text))).toBeUndefined();
});

const lineOf = (body: Buffer) => Buffer.concat([latin1(`${head},"requestObject":"`), body, latin1('"}')]);

test('a repaired event is the event of the same line with U+FFFD, whatever the bytes', () => {
  const bytes = fc
    .uint8Array({ maxLength: 20 })
    .map((body) => Buffer.from(body.filter((byte) => byte >= 0x20 && byte !== 0x22 && byte !== 0x5c)));
  fc.assert(
    fc.property(bytes, (body) => {
      const shown = lineOf(Buffer.from(body.toString('utf8')));
      const repaired = repairEvent(lineOf(body));
      expect(repaired?.bytes ?? lineOf(body)).toEqual(shown);
    }),
  );
});

test('an event that is glued to a torn piece is found though its body is not UTF-8', () => {
  const torn = '{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"cre';
  const whole = `${head},"requestObject":"\xff"}`.replace('"verb"', '"level":"Request","verb"');
  expect(splitGlued(latin1(torn + whole))?.map((piece) => piece.toString('latin1'))).toEqual([torn, whole]);
});
