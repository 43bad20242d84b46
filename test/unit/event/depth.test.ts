import { expect, test } from 'vitest';
import { bodyMembers, depthMax, isTooDeep, parseEvent } from '../../../agent/event/index.ts';
import { cutMembers } from '../../../agent/json/index.ts';

const nested = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
const eventWith = (body: string) =>
  Buffer.from(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","requestObject":${body}}`);

function judge(line: Buffer, audit = [line]): boolean {
  return isTooDeep(parseEvent(line)!, audit);
}

test('an event is too deep from one level above the limit on, its own object included', () => {
  expect(judge(eventWith(nested(depthMax - 1)))).toBe(false);
  expect(judge(eventWith(nested(depthMax)))).toBe(true);
  expect(judge(eventWith(`[${nested(depthMax - 1)}]`))).toBe(true);
  expect(judge(eventWith('['.repeat(10_000) + '1' + ']'.repeat(10_000)))).toBe(true);
});

test('brackets in texts are no levels, and depths do not add up', () => {
  expect(judge(eventWith(`"${'{['.repeat(1000)}\\"${'{'.repeat(500)}"`))).toBe(false);
  expect(judge(eventWith(`[${Array(300).fill('{"a":[1]}').join(',')}]`))).toBe(false);
});

test('what policy cuts from an event does not count', () => {
  const line = eventWith(nested(1000));
  expect(judge(line)).toBe(true);
  expect(judge(line, cutMembers(line, bodyMembers))).toBe(false);
});

test('each event is measured for itself', () => {
  expect(parseEvent(eventWith(nested(50)))?.depth).toBe(51);
  expect(parseEvent(eventWith('1'))?.depth).toBe(1);
});
