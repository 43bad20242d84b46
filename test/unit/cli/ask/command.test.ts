import { readFile } from 'node:fs/promises';
import { expect, inject, test } from 'vitest';
import { defineAsk } from '../../../../agent/cli/ask/index.ts';
import { filled, questions, wantedBy } from '../../../../agent/cli/ask/question.ts';
import { shipped } from '../../../kit/asked.ts';
import { captured } from '../../../kit/captured-terminal.ts';
import { ownLines } from '../../../kit/corpus.ts';
import { placeholders } from '../../../whole/queries/questions.ts';
import { readyFile, readyQuestions } from '../../../whole/queries/ready.ts';

const url = inject('elasticsearchUrl');

test('it asks what docs/queries.md says (node test/whole/queries/write.ts)', async () => {
  expect(await readFile(readyFile, 'utf8')).toBe(await readyQuestions());
});

test('without a number it lists the questions, and what each needs that docs/queries.md explains', async () => {
  const { code, out } = await captured(defineAsk, []);
  expect(code).toBe(0);
  expect(out.split('\n')[4]).toMatch(/^ 4 {2}Who was granted a role +ROLE$/u);
  const explained = await placeholders();
  for (const question of questions)
    expect(wantedBy(question).filter((name) => !explained.includes(`<${name}>`))).toEqual([]);
});

test('no value becomes a part of the query', () => {
  const question = questions.find(({ number }) => number === 2)!;
  const value = '"}}, {"match_all": {}}, <NAME>';
  const body = JSON.stringify(filled(question.body, { USER: value, NAME: 'x', FROM: 'f', TO: 't' }));
  expect(JSON.parse(body)).toMatchObject({
    query: { bool: { filter: [{}, { bool: { should: [{ term: { 'user.name': value } }, {}] } }, {}] } },
  });
});

test.each<[string[], string]>([
  [['99'], '99: there is no such question'],
  [['4'], 'ROLE=…: question 4 needs it'],
  [['4', 'ROLE=a', 'NAME=b'], '"NAME=b": it must be as ROLE=value'],
  [['3', 'ROLE=a'], '"ROLE=a": it must be left out'],
  [['3', '--since', '2026-11-23T00:00:00'], 'has no time zone'],
])('%j ends with 78', async (parameters, message) => {
  const { code, out, error } = await captured(defineAsk, [...parameters, '--url', url]);
  expect([code, out]).toEqual([78, '']);
  expect(error).toContain(message);
});

test('it prints the rows of the answer, as a table or as JSON', async () => {
  const { namespace } = await shipped(url, ownLines);
  const parameters = [
    '11',
    '--url',
    url,
    '--namespace',
    namespace,
    '--since',
    '2026-11-23',
    '--until',
    '2026-11-23',
  ];
  const { code, out } = await captured(defineAsk, parameters);
  const lines = out.split('\n');
  expect([code, lines[0]!.split(/ +/u), lines[3]]).toEqual([
    0,
    ['USER', 'AS', 'NAMESPACE', 'IMAGE', 'OUTCOME', 'EVENTS', 'FIRST', 'LAST'],
    'found: 2 rows',
  ]);
  expect(lines[1]).toMatch(
    /^system:serviceaccount:lab:app {2}- {3}lab +[ab] +success +2 {2}2026-11-23T01:06:03\.433Z {2}2026-11-23T01:06:03\.433Z$/u,
  );
  const json = await captured(defineAsk, [...parameters, '--json']);
  const rows = json.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(new Set(rows.map(({ image, events }) => `${String(image)} ${String(events)}`))).toEqual(
    new Set(['a 2', 'b 2']),
  );
});
