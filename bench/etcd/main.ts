import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeInput } from '../throughput/input.ts';
import { Sink } from '../throughput/sink.ts';
import { BusyAgent } from './busy-agent.ts';
import { buildEtcd, Etcd } from './etcd.ts';
import { mergeBuckets, percentile, quantileOf, steadyPuts } from './load.ts';
import type { Loaded } from './load.ts';

/**
 * `node bench/etcd/main.ts [--seconds 10] [--rounds 3] [--puts 100] [--folder /var/tmp]`: what the agent's durable
 * transactions cost a real etcd on the same disk. Settings take turns; the agent reads a backlog as fast as it can.
 * `memory`: the same agent with its state on a memory disk, for what is due to CPU time and not to the disk.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    puts: { type: 'string', default: '100' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const [seconds, rounds, puts] = [Number(values.seconds), Number(values.rounds), Number(values.puts)];
const memoryDisk = '/dev/shm';

interface Setting {
  name: string;
  /** Undefined: no agent. */
  more?: Record<string, unknown>;
  inMemory?: boolean;
}

const settings: Setting[] = [
  { name: 'etcd alone' },
  { name: 'agent, state on a memory disk', more: {}, inMemory: true },
  { name: 'agent, defaults (1 commit/s)', more: {} },
  {
    name: 'agent, 1000 commits/s allowed, batches of 0.1 s and 256 KiB',
    more: { commitsPerSecondMax: 1000, batchSeconds: 0.1, batchBytesMax: 256 * 1024 },
  },
];

const built = await buildEtcd();
if ('missing' in built) {
  console.log(`without etcd (it needs Go and its module proxy): ${built.missing}`);
  process.exit(0);
}
const folder = mkdtempSync(join(values.folder, 'auditseal-bench-etcd-'));
const inMemory = mkdtempSync(join(existsSync(memoryDisk) ? memoryDisk : tmpdir(), 'auditseal-bench-etcd-'));
const seen = new Map<string, (Loaded & { commits: number; events: number })[]>();
try {
  const fixtures = fileURLToPath(new URL('../../test/kit/fixtures/rotating', import.meta.url));
  const input = await writeInput(join(folder, 'input'), undefined, fixtures, 60e6 * (seconds + 5));
  execFileSync('sync');
  for (let round = 0; round < rounds; round += 1)
    for (const setting of settings)
      seen.set(setting.name, [...(seen.get(setting.name) ?? []), await measure(setting, input.path)]);
  report();
} finally {
  for (const path of [folder, inMemory]) rmSync(path, { recursive: true, force: true });
}

async function measure(
  { name, more, inMemory: onMemory }: Setting,
  input: string,
): Promise<Loaded & { commits: number; events: number }> {
  if ('missing' in built) throw new Error(built.missing);
  const etcd = await Etcd.start(built.binary, join(folder, 'etcd'));
  const sink = await Sink.start();
  const stateDir = join(onMemory ? inMemory : folder, 'state');
  const agent =
    more &&
    (await BusyAgent.start({
      folder: join(folder, 'run'),
      stateDir,
      input,
      elasticsearch: { url: `http://127.0.0.1:${sink.port}` },
      more,
    }));
  try {
    const count = async () => ({
      commits: (await agent?.sample('auditseal_commits_total')) ?? 0,
      events: (await agent?.sample('auditseal_read_lines_total')) ?? 0,
    });
    const before = await count();
    const loaded = await steadyPuts(etcd, puts, seconds);
    const after = await count();
    if (agent && (await agent.sample('auditseal_lag_bytes')) === 0)
      throw new Error(`${name}: the agent had read all: the measurement is void`);
    const result = {
      ...loaded,
      commits: after.commits - before.commits,
      events: after.events - before.events,
    };
    console.log(
      `${name}: fsync p99 ${milliseconds(quantileOf(loaded.fsyncs, 0.99) * 1000)}, put p99 ${milliseconds(percentile(loaded.puts, 0.99))} (load ${loadavg()[0]?.toFixed(1)})`,
    );
    return result;
  } finally {
    await agent?.stop();
    await sink.close();
    await etcd.stop();
    rmSync(join(folder, 'etcd'), { recursive: true, force: true });
  }
}

function report(): void {
  console.log(
    `\n${rounds} turns of ${seconds} s each, ${puts} puts of 1 KiB a second; load now ${loadavg()[0]?.toFixed(1)}\n`,
  );
  const head = ['', 'WAL fsync p50', 'p99', 'fsyncs', 'put p50', 'p99', "agent's commits/s", 'events/s'];
  console.log(`| ${head.join(' | ')} |\n| ${head.map((_, i) => (i === 0 ? '---' : '--:')).join(' | ')} |`);
  for (const { name } of settings) {
    const turns = seen.get(name) ?? [];
    const fsyncs = mergeBuckets(turns.map((turn) => turn.fsyncs));
    const all = turns.flatMap((turn) => turn.puts);
    const rate = (key: 'commits' | 'events') =>
      turns.reduce((sum, turn) => sum + turn[key], 0) / (rounds * seconds);
    const cells = [
      name,
      ...[0.5, 0.99].map((quantile) => milliseconds(quantileOf(fsyncs, quantile) * 1000)),
      String(fsyncs.get(Infinity)),
      ...[0.5, 0.99].map((quantile) => milliseconds(percentile(all, quantile))),
      rate('commits').toFixed(1),
      rate('events').toFixed(0),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
