import { describe, expect, test } from 'vitest';
import { verifyLogs } from '../../../../agent/verify/index.ts';
import type { Finding } from '../../../../agent/verify/index.ts';
import { epoch1, event, honest, remove, replace, wordsOf } from '../../../kit/seal/honest.ts';
import { eventsIndex } from '../../../kit/seal/log.ts';
import type { LogWriter, Written } from '../../../kit/seal/log.ts';
import { memoryStreams, verify } from '../../../kit/seal/streams.ts';

describe('documents', () => {
  test.each<[string, (written: Written, writer: LogWriter) => void, string[]]>([
    [
      'an edited one is changed',
      (w) => replace(event(w, 1), 'kubernetes-admin', 'kubernetes-admim'),
      [`changed ${epoch1} #1`],
    ],
    [
      'white space after one makes it changed',
      (w) => replace(event(w, 1), '}}}}', '}}}} '),
      [`changed ${epoch1} #1`],
    ],
    [
      'one whose sequence was edited is changed at the index of its _id',
      (w) => replace(event(w, 1), '"sequence":1}', '"sequence":8}'),
      [`changed ${epoch1} #1`],
    ],
    [
      'one whose sequence was edited to a lower one too',
      (w) => replace(event(w, 10), '"sequence":10}', '"sequence":0}'),
      [`changed ${epoch1} #10`],
    ],
    [
      'one that lost its origin too',
      (w) => replace(event(w, 10), '"auditseal":{"origin"', '"auditseal":{"origan"'),
      [`changed ${epoch1} #10`],
    ],
    [
      'one that is no JSON any more too',
      (w) => {
        event(w, 0).source = Buffer.from('{"@timestamp":');
      },
      [`changed ${epoch1} #0`],
    ],
    [
      'one with another _id suffix is changed',
      (w) => {
        event(w, 1).id = event(w, 1).id.slice(0, -1) + 'x';
      },
      [`changed ${epoch1} #1`],
    ],
    [
      'one under an _id without an index is changed: it still claims its index',
      (w) => {
        event(w, 1).id = event(w, 1).id.replace('-000000000001-', '-x00000000001-');
      },
      [`changed ${epoch1} #1`],
    ],
    [
      'one under an _id of another kind is changed: it still claims its index',
      (w) => {
        event(w, 1).id = 'own';
      },
      [`changed ${epoch1} #1`],
    ],
    ['a deleted one is missing', (w) => remove(w.events, event(w, 1)), [`missing ${epoch1} #1`]],
    [
      'a deleted batch of them is missing',
      (w) => w.events.splice(0, 4),
      [0, 1, 2, 3].map((i) => `missing ${epoch1} #${i}`),
    ],
    [
      'two swapped ones are both changed',
      (w) => {
        const [a, b] = [event(w, 0), event(w, 1)];
        [a.source, b.source] = [b.source, a.source];
      },
      [`changed ${epoch1} #0`, `changed ${epoch1} #1`],
    ],
    [
      'one forged with seal fields beside the sealed one is inserted',
      (w) => {
        const { id, source } = event(w, 1);
        w.events.push({
          index: eventsIndex,
          id: `${id.slice(0, -4)}0000`,
          source: Buffer.from(source.toString().replace('get', 'put')),
        });
      },
      [`inserted ${epoch1} #1`],
    ],
    [
      'one forged without seal fields is inserted',
      (w) =>
        w.events.push({
          index: eventsIndex,
          id: 'AbC',
          source: Buffer.from('{"@timestamp":"2026-11-23T00:44:38Z"}'),
        }),
      ['inserted'],
    ],
    [
      'one forged with an unknown origin is inserted',
      (w) =>
        w.events.push({
          index: eventsIndex,
          id: 'AbC',
          source: Buffer.from(
            '{"event":{"sequence":1},"auditseal":{"origin":"prod/cp-9/kube-apiserver/20261123T004438Z","batch":0}}',
          ),
        }),
      [`inserted ${epoch1}`],
    ],
    [
      'one forged at the index of a manifest is inserted',
      (w) => {
        w.events.push({
          index: eventsIndex,
          id: `${event(w, 1).id.slice(0, 16)}-000000000004-0123456789abcdef`,
          source: Buffer.from(event(w, 1).source.toString().replace('"sequence":1}', '"sequence":4}')),
        });
      },
      [`inserted ${epoch1} #4`],
    ],
    [
      'one forged with the _id of a manifest out of place is inserted',
      (w) =>
        w.events.push({
          index: eventsIndex,
          id: `${event(w, 1).id.slice(0, 16)}-000000000004-0123456789abcdef`,
          source: Buffer.from('{}'),
        }),
      [`inserted ${epoch1} #4`],
    ],
    [
      'one forged far above the newest index is inserted',
      (w) =>
        w.events.push({
          index: eventsIndex,
          id: `${event(w, 1).id.slice(0, 16)}-000000999999-0123456789abcdef`,
          source: Buffer.from(`{"auditseal":{"batch":99}}`),
        }),
      [`inserted ${epoch1} #999999`],
    ],
  ])('%s', async (_name, tamper, expected) => {
    const { written, writer, trust } = honest();
    tamper(written, writer);
    const { words: found, summary } = await wordsOf(written, writer, trust);
    expect(found).toEqual(expected);
    expect(summary.exitCode).toBe(1);
  });

  test('one that is found by its _id after all is not missing', async () => {
    const { written, writer } = honest();
    const moved = event(written, 2);
    // Sorted to the end, as if its sequence could not be read from a changed mapping; its bytes are whole.
    const { findings, summary } = await verify(written, { now: writer.now });
    expect(findings).toEqual([]);
    const streams = memoryStreams(written);
    const found: Finding[] = [];
    const judgement = verifyLogs(
      {
        ...streams,
        async *events(logs) {
          for await (const some of streams.events(logs)) yield [...some].filter(({ id }) => id !== moved.id);
          yield [moved];
        },
      },
      { now: writer.now },
    );
    let next = await judgement.next();
    for (; next.done !== true; next = await judgement.next()) found.push(next.value);
    expect(found).toEqual([]);
    expect(next.value).toMatchObject({ events: summary.events, copies: 0 });
  });
});
