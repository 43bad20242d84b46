import { expect, test } from 'vitest';
import { release } from '../../../agent/store/index.ts';

test('what is released is empty at once', () => {
  const bytes = new Uint8Array(100_000);
  release(bytes);
  expect(bytes.buffer.byteLength).toBe(0);
});

test('a small Buffer lies beside others, which keep their bytes', () => {
  const [one, other] = [Buffer.from('one'), Buffer.from('other')];
  expect(one.buffer).toBe(other.buffer);
  release(one);
  expect([one.toString(), other.toString()]).toEqual(['one', 'other']);
});
