import { expect, test } from 'vitest';
import { textDocument } from '../../../agent/document/index.ts';
import type { LongLine } from '../../../agent/document/index.ts';
import { context, place } from './places.ts';

const limits = { textBytesMax: 64, mac: () => 'f00d', why: 'torn' };

function documentOf(line: Buffer | LongLine) {
  const { pieces, timestamp } = textDocument(line, context, place, limits);
  const text = pieces.join('');
  const value = JSON.parse(text) as {
    '@timestamp': string;
    event: { kind: string; original: string | string[] };
    auditseal: { original_base64: string | string[]; cut?: unknown };
  };
  expect(text.startsWith('{"@timestamp":"2026-11-23T02:00:00.123Z","event":{"kind":"pipeline_error",')).toBe(
    true,
  );
  expect(JSON.stringify(value)).toBe(text);
  expect(timestamp).toBe(value['@timestamp']);
  return value;
}

test.each(['', 'no JSON', '\u0000\u0000\u0001"\\', '{"kind":"Event"', ',"kubernetes":{"audit":'])(
  'holds the line %j as text and exactly',
  (text) => {
    const { event, auditseal } = documentOf(Buffer.from(text));
    expect(event.original).toBe(text);
    expect(Buffer.from(auditseal.original_base64 as string, 'base64').toString()).toBe(text);
    expect(auditseal.cut).toBeUndefined();
  },
);

test('shows what is not UTF-8 as U+FFFD and keeps its bytes', () => {
  const line = Buffer.from([0x61, 0xff, 0xc0, 0x80, 0x62]);
  const { event, auditseal } = documentOf(line);
  expect(event.original).toBe('a\ufffd\ufffd\ufffdb');
  expect(Buffer.from(auditseal.original_base64 as string, 'base64').equals(line)).toBe(true);
});

test('holds the first and the last half of a line above the limit, and what proves the rest', () => {
  const line = Buffer.from('a'.repeat(40) + 'b'.repeat(1000) + 'z'.repeat(40));
  const { event, auditseal } = documentOf(line);
  expect(event.original).toEqual(['a'.repeat(32), 'z'.repeat(32)]);
  expect(auditseal.original_base64).toEqual([
    Buffer.from('a'.repeat(32)).toString('base64'),
    Buffer.from('z'.repeat(32)).toString('base64'),
  ]);
  expect(auditseal.cut).toEqual({ bytes: 1080, mac: 'f00d', fields: ['original'] });
});

test('says the same of a line that nobody held whole', () => {
  const { event, auditseal } = documentOf({
    head: Buffer.from('a'.repeat(50)),
    tail: Buffer.from('z'.repeat(50)),
    bytes: 1 << 30,
    mac: 'beef',
  });
  expect(event.original).toEqual(['a'.repeat(32), 'z'.repeat(32)]);
  expect(auditseal.cut).toEqual({ bytes: 1 << 30, mac: 'beef', fields: ['original'] });
});

test('is whole at the limit', () => {
  expect(documentOf(Buffer.alloc(64, 'x')).event.original).toBe('x'.repeat(64));
});
