import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { usageOf } from '../../../bench/throughput/usage.ts';
import { lineKey, macOf } from '../../../agent/seal/index.ts';
import { eventStream } from '../../../agent/streams/index.ts';
import { countEvents, lineOf, manifestsOf, until, verify } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import { allDocuments, refresh } from '../../kit/elasticsearch/index.ts';
import { appendLongLine } from './long-line.ts';
import type { LongKind, LongLine } from './long-line.ts';
import { residentBytesMax } from '../../kit/memory-formula.ts';
import type { Limits } from '../../kit/memory-formula.ts';
import { MemoryLimit } from '../../kit/memory-limit.ts';

export interface LongLinesOptions {
  url: string;
  lines: readonly { kind: LongKind; bytes: number }[];
  limits?: Omit<Limits, 'sources'>;
  millisecondsMax?: number;
}

export interface LongLinesResult {
  problems: string[];
  /** User and system time, from the first byte written to the last event in Elasticsearch. */
  cpuSeconds: number;
  peakBytes: number;
  limitBytes: number;
  /** Whether a cgroup held it to the limit. */
  isLimited: boolean;
}

interface Found {
  kubernetes?: { audit: unknown };
  log: { offset: number };
  auditseal: { origin: string; cut?: { bytes: number; mac: string; fields: string[] } };
}

/** Streams long lines into an audit log beside an agent whose memory is limited to the written formula. */
export async function longLines(options: LongLinesOptions): Promise<LongLinesResult> {
  const { url, lines, limits = {}, millisecondsMax = 300_000 } = options;
  const limitBytes = residentBytesMax(limits);
  const limit = MemoryLimit.make(limitBytes);
  try {
    await using scene = await Scene.make({ url, more: { batchSeconds: 0.5, ...limits } });
    const agent = await scene.start(limit ? { under: limit.under } : {});
    const before = usageOf(agent.pid).cpuSeconds;
    const written: LongLine[] = [];
    for (const [n, { kind, bytes }] of lines.entries())
      written.push(await appendLongLine(scene.writer.log.path, kind, bytes, `long-${n}`));
    await until(
      async () => agent.state === 'exited' || (await countEvents(url, scene.namespace)) === lines.length,
      () => agent.tail(),
      { millisecondsMax },
    );
    if (agent.state === 'exited')
      throw new Error(`the agent ended (${limit?.kills} killed): ${agent.tail()}`);
    const { cpuSeconds, rssBytesMax: peakBytes } = usageOf(agent.pid);
    await agent.stop();
    const problems = await problemsOf(scene, written, limits.entryBytesMax ?? 8 * 1024 * 1024);
    if (peakBytes > limitBytes) problems.push(`peak memory ${peakBytes}, formula ${limitBytes}`);
    return {
      problems,
      cpuSeconds: cpuSeconds - before,
      peakBytes,
      limitBytes,
      isLimited: limit !== undefined,
    };
  } finally {
    limit?.[Symbol.dispose]();
  }
}

/** Compares each document with the line that it is of; the mac proves the bytes that nobody keeps. */
async function problemsOf(scene: Scene, written: LongLine[], entryBytesMax: number): Promise<string[]> {
  const { url, namespace } = scene;
  const problems: string[] = [];
  const secret = secretOf(scene.folder);
  const file = (await manifestsOf(url, namespace)).flatMap(({ sources }) => sources)[0]?.file ?? '';
  await refresh(url, eventStream(namespace));
  const left = new Map(written.map((line) => [line.offset, line]));
  for await (const { source } of allDocuments(url, eventStream(namespace))) {
    const { kubernetes, log, auditseal } = JSON.parse(source.toString()) as Found;
    const line = left.get(log.offset);
    left.delete(log.offset);
    if (!line) problems.push(`a document of offset ${log.offset}, where no line begins`);
    else if (!isCut(line, entryBytesMax)) {
      if (lineOf(source).length !== line.bytes)
        problems.push(`${line.kind} of ${line.bytes} bytes is not whole`);
    } else {
      const mac = macOf(lineKey(secret, auditseal.origin, file, line.offset), line.sha256);
      const wanted = {
        bytes: line.bytes,
        mac,
        fields: [line.kind === 'text' ? 'original' : 'requestObject'],
      };
      const expected = JSON.stringify([wanted, line.rest]);
      const got = JSON.stringify([auditseal.cut, kubernetes?.audit]);
      if (got !== expected) problems.push(`${line.kind} of ${line.bytes} bytes: ${got}, not ${expected}`);
    }
  }
  for (const line of left.values()) problems.push(`${line.kind} of ${line.bytes} bytes has not arrived`);
  const { exitCode, lines, errorText } = await verify(url, namespace);
  return [...problems, ...(exitCode === 0 ? [] : [`verify: exit ${exitCode}`, ...lines, errorText])];
}

/** A text's document has it twice, readable and as base64; an event's head takes far less than 4 KiB here. */
function isCut({ kind, bytes }: LongLine, entryBytesMax: number): boolean {
  return kind === 'text' ? bytes > entryBytesMax / 4 : bytes > entryBytesMax - 4096;
}

function secretOf(folder: string): Uint8Array {
  const database = new DatabaseSync(join(folder, 'state', 'state.db'), { readOnly: true });
  const row = database.prepare('SELECT secret FROM source').get();
  database.close();
  return row?.['secret'] as Uint8Array;
}
