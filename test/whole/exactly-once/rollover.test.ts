import { expect, inject, test } from 'vitest';
import { Random } from '../../kit/random.ts';
import { ordeal } from './ordeal.ts';
import type { Duplicate } from './stored.ts';

const url = inject('elasticsearchUrl');

/** `SEED=1 npx vitest run test/whole/exactly-once` makes the same decisions again. */
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`exactly once: SEED=${seed}`);

const more = (duplicates: readonly Duplicate[]) => duplicates.reduce((sum, each) => sum + each.more, 0);
const kindOf = ({ id }: Duplicate) => /^[0-9a-f]{16}-([brs]?)/u.exec(id)?.[1];

test.concurrent(
  'answers lost, streams rolled over and agents killed at random: nothing is missing, and what is there twice was announced and is counted apart',
  async () => {
    const { happened, found, difference, unannounced, verified } = await ordeal({
      url,
      random: new Random(seed),
      lookup: false,
      // An epoch that has ended can only be spoken of by the next.
      epochDays: 5 / 86_400,
      lossesMin: 8,
      rolloversMin: 5,
    });
    console.log(`seed ${seed}, without a lookup key: ${JSON.stringify({ ...happened, ...counts(found) })}`);
    expect(difference).toEqual([]);
    expect(unannounced).toEqual([]);
    expect(verified).toEqual({
      exitCode: 0,
      copies: more(found.events),
      recordCopies: more(found.records.filter((each) => kindOf(each) === 'b')),
      findings: {},
    });
    const identical = [...found.events, ...found.records].filter((each) => kindOf(each) !== 's');
    expect(identical.filter((each) => !each.identical)).toEqual([]);
    // Else the ordeal was none.
    expect(more(found.events)).toBeGreaterThan(0);
  },
);

test.concurrent(
  'with a key that may read the agent looks before it sends again: nothing is missing, and nothing there twice',
  async () => {
    const { happened, found, difference, verified } = await ordeal({
      url,
      random: new Random(seed + 1),
      lookup: true,
      epochDays: 30,
      lossesMin: 8,
      rolloversMin: 5,
    });
    console.log(`seed ${seed}, with a lookup key: ${JSON.stringify({ ...happened, ...counts(found) })}`);
    expect(difference).toEqual([]);
    expect({ events: found.events, records: found.records }).toEqual({ events: [], records: [] });
    expect(verified).toEqual({ exitCode: 0, copies: 0, recordCopies: 0, findings: {} });
  },
);

function counts({ lines, events, records }: Awaited<ReturnType<typeof ordeal>>['found']) {
  const of = (kind: string) => more(records.filter((each) => kindOf(each) === kind));
  return { lines: lines.length, eventCopies: more(events), recordCopies: of('b'), noteCopies: of('r') };
}
