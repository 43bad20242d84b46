import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import {
  generateKey,
  logIdOf,
  signedNoteDocument,
  signNote,
  statementDocumentId,
  statementText,
} from '../../../../agent/seal/index.ts';
import type { SigningKey, Statement } from '../../../../agent/seal/index.ts';
import { ElasticsearchStreams, verifyLogs } from '../../../../agent/verify/index.ts';
import type { StoredDocument } from '../../../../agent/verify/index.ts';
import { createClient } from '../../../../agent/elasticsearch/index.ts';
import { rollover } from '../../../kit/elasticsearch/index.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import { Installation } from '../../../kit/installation.ts';

/** Documents read from either end, where a test says nothing else. */
const max = 20;

const hour = 3_600_000;

let operator: SigningKey;
beforeAll(() => {
  operator = generateKey('alice@example.com');
});

function document(namespace: string, id: string, note: string): StoredDocument {
  return { index: '', id, source: signedNoteDocument(note, operator.verifier, namespace, new Date()) };
}

function forged(namespace: string): StoredDocument {
  const id = `${logIdOf(operator.verifier.text)}-o${randomBytes(8).toString('hex')}`;
  return document(namespace, id, 'x\n\n— y z\n');
}

/** A log that ended two hours ago, and what writes under the name of its operator. */
async function ended() {
  const installation = new Installation(inject('elasticsearchUrl'));
  const { namespace } = installation;
  const at = new Date(Date.now() - 2 * hour).toISOString();
  const writer = new LogWriter({ namespace, at });
  writer.batch({ events: 2, notices: [{ kind: 'start', at }] });
  await installation.write(writer.written);
  const statement: Statement = { kind: 'retire', log: writer.origin, last: 0, at: '', why: 'replaced' };
  return {
    installation,
    writer,
    /** What its operator signed: that the log ends there. */
    state: async () => {
      const text = statementText({ ...statement, at: new Date().toISOString() });
      const id = statementDocumentId(operator.verifier.text, text);
      await installation.create('records', [document(namespace, id, signNote(text, operator))]);
    },
    /** What looks like it, of one who may create documents and has no key; as long ago as he likes. */
    flood: async (documents: number) => {
      for (let left = documents; left > 0; left -= 5000)
        await installation.create(
          'records',
          Array.from({ length: Math.min(left, 5000) }, () => forged(namespace)),
        );
    },
    verify: async (statementsMax?: number, time = { since: Date.now() - 3 * hour, until: Date.now() }) => {
      const client = await createClient({ urls: [installation.url], requestSeconds: 60 });
      try {
        const options = { namespace, time, operators: [operator.verifier.name], statementsMax };
        await using streams = await ElasticsearchStreams.open(client, { ...options, refreshMilliseconds: 0 });
        const logs = [{ ...writer.name, vkey: writer.vkey }];
        const trust = { v: 1 as const, logs, operators: [operator.verifier.text], erasers: [] };
        const found = verifyLogs(streams, { now: new Date(), trust, range: streams.range, fromBirth: true });
        let next = await found.next();
        while (next.done !== true) next = await found.next();
        return next.value;
      } finally {
        await client.close();
      }
    },
  };
}

describe.concurrent('a flood under an operator’s name', () => {
  test('hides no statement that was there before, also in an older backing index', async () => {
    const { state, flood, verify, installation } = await ended();
    await state();
    await rollover(installation.url, installation.stream('records'));
    await flood(5 * max);
    const summary = await verify(max);
    expect(summary.excused).toEqual({ retired: 1, acknowledged: 0 });
    expect(summary.findings).toEqual({});
    expect(summary.statements.void.count).toBe(2 * max - 1);
    expect([summary.exitCode, summary.obstacle]).toEqual([
      2,
      expect.stringMatching(/^more than 40 documents .* under the operator’s name alice@example\.com/u),
    ]);
  });

  test('hides no statement that is sent when it is over', async () => {
    const { state, flood, verify } = await ended();
    await flood(5 * max);
    await state();
    const summary = await verify(max);
    expect([summary.excused.retired, summary.exitCode]).toEqual([1, 2]);
  });

  test('that leaves a statement unread excuses nothing by it, says so, and hides nothing that was tampered with', async () => {
    const { state, flood, verify, installation, writer } = await ended();
    await flood(2 * max);
    await state();
    await flood(2 * max);
    const summary = await verify(max);
    expect(summary.findings).toEqual({ 'ends early': 1 });
    expect([summary.exitCode, summary.obstacle]).toEqual([2, expect.stringContaining('more than 40')]);
    await installation.remove('events', writer.written.events[0]!.id);
    const tampered = await verify(max);
    expect([tampered.exitCode, tampered.findings['missing']]).toEqual([1, 1]);
  });

  test('that is no larger than what is read is read whole, each document once', async () => {
    const { state, flood, verify } = await ended();
    await state();
    let flooded = 0;
    for (const documents of [1, max, max + 1, 2 * max]) {
      await flood(documents - 1 - flooded);
      flooded = documents - 1;
      const { exitCode, obstacle, statements } = await verify(max);
      expect([exitCode, obstacle], String(documents)).toEqual([0, undefined]);
      expect([statements.counted.length, statements.void.count]).toEqual([1, flooded]);
    }
  });

  test('costs the time of a bounded number of documents, of any time range', async () => {
    const { state, flood, verify } = await ended();
    await state();
    await flood(2001);
    const now = Date.now();
    const summary = await verify(1000, { since: now - hour, until: now });
    expect([summary.exitCode, summary.obstacle]).toEqual([2, expect.stringContaining('more than 2000')]);
    expect(summary.statements.void.count).toBe(1999);
    expect(summary.excused.retired).toBe(1);
    const whole = await verify();
    expect([whole.exitCode, whole.statements.void.count], 'the default is larger').toEqual([0, 2001]);
  });
});
