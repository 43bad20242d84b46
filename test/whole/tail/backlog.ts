import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { usageOf } from '../../../bench/throughput/usage.ts';
import { eventStream } from '../../../agent/streams/index.ts';
import { countEvents, lineOf, until, verify } from '../../kit/agent/index.ts';
import type { AgentProcess, Writer } from '../../kit/agent/index.ts';
import type { Random } from '../../kit/random.ts';
import { Scene } from '../../kit/scene.ts';
import { allDocuments, refresh } from '../../kit/elasticsearch/index.ts';
import { residentBytesMax } from '../../kit/memory-formula.ts';
import { MemoryLimit } from '../../kit/memory-limit.ts';

const source = '{source="kube-apiserver"}';
const readLines = `auditseal_read_lines_total${source}`;
const lagBytes = `auditseal_lag_bytes${source}`;

export interface BacklogOptions {
  url: string;
  /** Backups beside the live file, and the least bytes of each. */
  files: number;
  fileBytes: number;
  /** How often an agent is killed (SIGKILL) in the middle of it. */
  kills: number;
  random: Random;
  millisecondsMax?: number;
}

export interface BacklogResult {
  problems: string[];
  lines: number;
  bytes: number;
  seconds: number;
  /** The most of any agent. */
  peakBytes: number;
  limitBytes: number;
  isLimited: boolean;
  /** What the metric of bytes not yet read said, as often as it was asked. */
  lags: number[];
}

/** The first start of an agent beside many full backups, in the memory that the formula allows. */
export async function backlog(options: BacklogOptions): Promise<BacklogResult> {
  const { url, files, fileBytes, kills, random, millisecondsMax = 300_000 } = options;
  const limitBytes = residentBytesMax();
  const limit = MemoryLimit.make(limitBytes);
  try {
    const production = { batchSeconds: 5, commitsPerSecondMax: 1 };
    await using scene = await Scene.make({ url, more: production });
    const written = await writeBackups(scene.writer, files, fileBytes);
    const began = performance.now();
    const start = () => scene.start(limit ? { under: limit.under } : {});
    let agent = await start();
    let peakBytes = 0;
    const lags: number[] = [];
    const look = async () => {
      if (agent.state === 'exited')
        throw new Error(`the agent ended (${limit?.kills} killed): ${agent.tail()}`);
      const metrics = await agent.metrics();
      lags.push(metrics.get(lagBytes) ?? NaN);
      peakBytes = Math.max(peakBytes, usageOf(agent.pid).rssBytesMax);
      return metrics.get(readLines) ?? 0;
    };
    for (let kill = 0; kill < kills; kill += 1) {
      const lines = random.integer(1, Math.ceil(written.hashes.length / (kills + 1)));
      // The agents before it may have left less than that.
      await waitUntil(agent, millisecondsMax, async () => (await look()) >= lines || lags.at(-1) === 0);
      await agent.kill();
      agent = await start();
    }
    await waitUntil(agent, millisecondsMax, async () => {
      await look();
      return (await countEvents(url, scene.namespace)) >= written.hashes.length;
    });
    const seconds = (performance.now() - began) / 1000;
    await look();
    if ((await agent.stop()) !== 0) throw new Error(agent.tail());
    const problems = await problemsOf(scene, written.hashes);
    return {
      problems,
      lines: written.hashes.length,
      bytes: written.bytes,
      seconds,
      peakBytes,
      limitBytes,
      isLimited: limit !== undefined,
      lags,
    };
  } finally {
    limit?.[Symbol.dispose]();
  }
}

function waitUntil(agent: AgentProcess, millisecondsMax: number, condition: () => Promise<boolean>) {
  return until(condition, () => agent.tail(), { millisecondsMax });
}

const digestOf = (line: Buffer) => Buffer.from(hash('sha256', line, 'hex'), 'hex').readUIntBE(0, 6);

/** Fills backups and a live file with recorded lines, each under an audit ID of its own: `line-<n>`. */
async function writeBackups(writer: Writer, files: number, fileBytes: number) {
  const fixtures = join(import.meta.dirname, '../../kit/fixtures/rotating');
  const recorded = readdirSync(fixtures)
    .flatMap((name) => readFileSync(join(fixtures, name), 'latin1').split('\n'))
    .filter((line) => line.includes('"auditID":"'));
  const hashes: number[] = [];
  let bytes = 0;
  for (let n = 0; n <= files; n += 1) {
    const isLive = n === files;
    await using file = await open(writer.log.path, 'a');
    for (let inFile = 0, block: string[] = []; inFile < (isLive ? 1 : fileBytes); block = []) {
      for (let i = 0; i < 500; i += 1) {
        const line = recorded[hashes.length % recorded.length] ?? '';
        const own = line.replace(/"auditID":"[^"]*"/u, `"auditID":"line-${hashes.length}"`);
        hashes.push(digestOf(Buffer.from(own, 'latin1')));
        block.push(`${own}\n`);
      }
      const text = Buffer.from(block.join(''), 'latin1');
      await file.appendFile(text);
      inFile += text.length;
      bytes += text.length;
    }
    if (!isLive) writer.rotate();
  }
  return { hashes, bytes };
}

/** Each line must be there once, byte for byte; only digests are held. */
async function problemsOf({ url, namespace }: Scene, hashes: number[]): Promise<string[]> {
  const stream = eventStream(namespace);
  await refresh(url, stream);
  const found = new Uint8Array(hashes.length);
  let wrong = 0;
  for await (const { source: document } of allDocuments(url, stream)) {
    const line = lineOf(document);
    const n = Number(/"auditID":"line-(\d+)"/u.exec(line.toString('latin1'))?.[1]);
    if (digestOf(line) === hashes[n]) found[n] = (found[n] ?? 0) + 1;
    else wrong += 1;
  }
  const missing = found.filter((count) => count === 0).length;
  const twice = found.filter((count) => count > 1).length;
  const { exitCode, lines, errorText } = await verify(url, namespace);
  return [
    ...(missing + twice + wrong > 0 ? [`${missing} missing, ${twice} twice, ${wrong} others`] : []),
    ...(exitCode === 0 ? [] : [...lines, errorText]),
  ];
}
