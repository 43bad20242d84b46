import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clauses } from '../../../agent/report/clauses.ts';
import { searchBody } from '../../../agent/report/questions/ask-search.ts';
import { whoOptions } from '../../../agent/report/questions/ask-who.ts';
import { questions, usualAddresses } from '../../../agent/report/questions/questions.ts';
import { pageOf } from '../../../agent/report/index.ts';
import { fill, questions as documented } from '../../whole/queries/questions.ts';
import { fixture } from './fixture.ts';
import { attribute, Parsed } from './parsed.ts';

const time = { since: Date.parse('2026-07-01T00:00:00Z'), until: Date.parse('2026-09-30T23:59:59.999Z') };
const values = {
  '<FROM>': '2026-07-01T00:00:00.000Z',
  '<TO>': '2026-10-01T00:00:00.000Z',
  '<USUAL>': '10.0.0.0/8',
};
const searches = questions(['10.0.0.0/8']).filter((question) => question.by === 'search');

test.each(searches.filter(({ number }) => number !== null))(
  '$id is the question of docs/queries.md, word for word',
  async (question) => {
    const found = (await documented()).find(({ number }) => number === question.number)!;
    const body = searchBody(question, time);
    const expected = JSON.parse(fill(found.dsl, values)) as typeof body & {
      query: { bool: { filter: object[] } };
    };
    // That question is of everybody; here it is of service accounts.
    if (question.id === 'elsewhere')
      expected.query.bool.filter.push({ prefix: { 'user.name': 'system:serviceaccount:' } });
    expect(body).toEqual(expected);
  },
);

test('what `auditseal who` answers is asked as docs/queries.md has it', async () => {
  const text = await readFile(join(import.meta.dirname, '../../../docs/queries.md'), 'utf8');
  const commands = new Set(
    [...text.matchAll(/^On a terminal: `auditseal who (.*) --since <FROM> --until <TO>`$/gmu)].map(
      ([, options]) => options,
    ),
  );
  const asked = questions().flatMap((question) =>
    question.by === 'who' ? [whoOptions(question).join(' ')] : [],
  );
  expect(asked).toHaveLength(4);
  // The first question is of one secret, and of reading alone.
  expect(asked.slice(1).filter((options) => !commands.has(options))).toEqual([]);
});

test('the usual addresses are private: of each family some are, and none is of the internet', () => {
  expect(usualAddresses.filter((range) => range.includes(':'))).toHaveLength(3);
  expect(usualAddresses).not.toContain('0.0.0.0/0');
});

test('each clause leads to sections that a full report has', async () => {
  const report = await fixture([]);
  const all = { ...report, tables: questions().map(({ id }) => ({ ...report.tables[0]!, id })) };
  const ids = new Set(new Parsed(pageOf(all)).elements.map((element) => attribute(element, 'id')));
  expect(clauses.flatMap(({ sections }) => sections).filter((id) => !ids.has(id))).toEqual([]);
  expect(new Set(clauses.map(({ standard }) => standard)).size).toBe(5);
});
