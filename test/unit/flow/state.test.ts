import { expect, test } from 'vitest';
import { parsePipelineState } from '../../../agent/flow/state.ts';

test('nothing was read of a source without a stored state', () => {
  expect(parsePipelineState(null, 'kube-apiserver')).toEqual({
    v: 1,
    reader: null,
    newest: null,
    withheld: [],
    openLines: [],
  });
});

test('a state of a later version is the store\u2019s `newer`, with its version and what to do', () => {
  const text = JSON.stringify({ v: 2, reader: { unknown: true }, newest: null });
  const parse = () => parsePipelineState(text, 'kube-apiserver');
  expect(parse).toThrow(expect.objectContaining({ name: 'StoreError', code: 'newer' }));
  expect(parse).toThrow(/source kube-apiserver: its read position has version 2.*run the release/u);
});

test.each([
  '',
  '[]',
  '{"v":1}',
  '{"v":"2","reader":null,"newest":null}',
  '{"v":1,"reader":{},"newest":null}',
])('a damaged state (%s) is the store\u2019s `failed`, with what to do', (text) => {
  const parse = () => parsePipelineState(text, 'kube-apiserver');
  expect(parse).toThrow(expect.objectContaining({ name: 'StoreError', code: 'failed' }));
  expect(parse).toThrow(/is damaged; set stateDir to an empty folder/u);
});
