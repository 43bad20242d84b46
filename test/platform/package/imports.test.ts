import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { importsOf, violations } from '../../../build/imports.ts';
import { root } from '../../../build/root.ts';

const file = (name: string) => `agent/source/${name}.ts`;
const wrongWith = (from: string, to: string) => violations([{ from, to }]);

test('a room imports the rooms of the groups above its own, and its own files', () => {
  const imports = [
    { from: 'agent/flow/treat.ts', to: 'agent/document/index.ts' },
    { from: 'agent/flow/treat.ts', to: 'agent/flow/batch.ts' },
    { from: 'agent/flow/treat.ts', to: 'agent/error.ts' },
    { from: 'agent/flow/source-flow.ts', to: 'agent/ship/index.ts' },
    { from: 'agent/cli/main.ts', to: 'agent/agent.ts' },
  ];
  expect(violations(imports)).toEqual([]);
});

test('an import against the order of the rooms is wrong', () => {
  expect(wrongWith('agent/policy/decide.ts', 'agent/flow/index.ts')).toEqual([
    'agent/policy/decide.ts imports agent/flow/index.ts: policy comes before flow',
  ]);
});

test('an import within a group is wrong unless the architecture names it', () => {
  expect(wrongWith('agent/ship/shipper.ts', 'agent/flow/index.ts')).toEqual([
    'agent/ship/shipper.ts imports agent/flow/index.ts: ship and flow are in one group, and within does not name it',
  ]);
});

test('an import past the door of a room is wrong', () => {
  expect(wrongWith('agent/flow/treat.ts', 'agent/document/shape.ts')).toEqual([
    'agent/flow/treat.ts imports agent/document/shape.ts: the door of document is agent/document/index.ts',
  ]);
});

test('a room that the architecture does not name is wrong on either side', () => {
  expect(wrongWith('agent/attic/a.ts', 'agent/error.ts')).toEqual([
    'agent/attic/a.ts imports agent/error.ts: attic is no room of build/architecture.ts',
  ]);
  expect(wrongWith('agent/cli/main.ts', 'agent/attic/index.ts')).toEqual([
    'agent/cli/main.ts imports agent/attic/index.ts: attic is no room of build/architecture.ts',
  ]);
});

test('files of one room that import each other in a circle are wrong, and the files of the circle are named', () => {
  const imports = [
    { from: file('a'), to: file('b') },
    { from: file('b'), to: file('c') },
    { from: file('c'), to: file('b') },
    { from: file('b'), to: file('d') },
    { from: file('a'), to: file('d') },
  ];
  expect(violations(imports)).toEqual([
    'a circle: agent/source/b.ts imports agent/source/c.ts imports agent/source/b.ts',
  ]);
  expect(violations(imports.filter(({ from }) => from !== file('c')))).toEqual([]);
});

test('the imports of agent/ are as the architecture has it, those of types too', async () => {
  // Types are checked by `npm run check`; here the compiler only says who imports whom.
  const { stdout } = await promisify(execFile)(
    'npx',
    ['--no-install', 'tsc', '--explainFiles', '--noCheck'],
    { cwd: root, maxBuffer: 64 * 1024 * 1024 },
  );
  const imports = importsOf(stdout);
  // `import type`, of a type and nothing else.
  expect(imports).toContainEqual({ from: 'agent/source/head.ts', to: 'agent/source/entry.ts' });
  expect(violations(imports)).toEqual([]);
});
