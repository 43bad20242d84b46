import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { eventStream } from '../../agent/streams/index.ts';
import { keepEverything } from '../../test/kit/agent/index.ts';
import { Gate } from '../../test/whole/bounds/gate.ts';
import { randomNamespace, startElasticsearch } from '../../test/kit/elasticsearch/index.ts';
import { BusyAgent } from '../etcd/busy-agent.ts';
import { percentile } from '../etcd/load.ts';
import { usageOf } from '../throughput/usage.ts';
import { PacedWriter } from './paced-writer.ts';

/**
 * `node bench/latency/main.ts [--rate 2000] [--seconds 30] [--backlog 60000]`: how long an event takes from its writing until a
 * search finds it, with the defaults and with settings that are quicker; then how fast what an outage left is shipped. On a
 * real Elasticsearch (one node, heap 1 GB) on the same machine.
 */
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '30' },
    backlog: { type: 'string', default: '60000' },
  },
});
const [rate, seconds, backlog] = [Number(values.rate), Number(values.seconds), Number(values.backlog)];
const warmSeconds = 10;
const mebibyte = 1024 * 1024;
const head = ['', 'p50 s', 'p99 s', 'max s', 'agent: of a core', 'peak MiB'];
console.log(`| ${head.join(' | ')} |\n| ${head.map((_, i) => (i === 0 ? '---' : '--:')).join(' | ')} |`);
const say = (text: string) => console.log(`${text} (load ${loadavg()[0]?.toFixed(1)})`);

const settings = [
  { name: 'defaults (batchSeconds 5, commitsPerSecondMax 1)', more: {} },
  { name: 'batchSeconds 1', more: { batchSeconds: 1 } },
  { name: 'batchSeconds 0.5, commitsPerSecondMax 4', more: { batchSeconds: 0.5, commitsPerSecondMax: 4 } },
];

const folder = mkdtempSync(join(tmpdir(), 'auditseal-bench-latency-'));
const elasticsearch = await startElasticsearch({ sustained: true });
const gate = await Gate.start(elasticsearch.url, true);
try {
  // A server that has just begun compiles what it does; that is nobody's latency.
  await latency('(warming up, not counted)', {});
  for (const { name, more } of settings) await latency(name, more);
  await drain();
} finally {
  await gate[Symbol.asyncDispose]();
  await elasticsearch.stop();
  rmSync(folder, { recursive: true, force: true });
}

interface Run {
  agent: BusyAgent;
  writer: PacedWriter;
  /** Documents that a search finds now. */
  found: () => Promise<number>;
}

async function start(more: Record<string, unknown>): Promise<Run> {
  const namespace = randomNamespace();
  const policyFile = join(folder, 'policy.yaml');
  writeFileSync(policyFile, keepEverything);
  const run = join(folder, 'run');
  const agent = await BusyAgent.start({
    folder: run,
    stateDir: join(folder, 'state'),
    // An embedded Elasticsearch 9 lacks the native library of the better codec.
    elasticsearch: { url: gate.url, namespace, codec: 'default' },
    more: { policyFile, ...more },
  });
  const found = async () => {
    try {
      const answer = await fetch(`${elasticsearch.url}/${eventStream(namespace)}/_count`);
      return ((await answer.json()) as { count?: number }).count ?? 0;
    } catch {
      // Asked again in a moment.
      return 0;
    }
  };
  return { agent, writer: new PacedWriter(join(run, 'logs/audit.log')), found };
}

async function latency(name: string, more: Record<string, unknown>): Promise<void> {
  const { agent, writer, found } = await start(more);
  try {
    const before = usageOf(agent.pid).cpuSeconds;
    const writing = writer.write(rate, warmSeconds + seconds);
    const total = rate * (warmSeconds + seconds);
    const waits: number[] = [];
    // They arrive in the order of their writing, so that a count says which are there.
    for (let seen = 0; seen < total;) {
      const count = Math.min(await found(), writer.writtenAt.length);
      const now = Date.now();
      for (; seen < count; seen += 1)
        if (seen >= rate * warmSeconds) waits.push((now - (writer.writtenAt[seen] ?? now)) / 1000);
      await delay(25);
    }
    await writing;
    const { cpuSeconds, rssBytesMax } = usageOf(agent.pid);
    const core = ((cpuSeconds - before) / (warmSeconds + seconds)) * 100;
    say(
      `| ${name} | ${[0.5, 0.99, 1].map((quantile) => percentile(waits, quantile).toFixed(1)).join(' | ')} | ${core.toFixed(0)} % | ${(rssBytesMax / mebibyte).toFixed(0)} |`,
    );
  } finally {
    await agent.stop();
  }
}

async function drain(): Promise<void> {
  const { agent, writer } = await start({});
  const ask = async (name: string) => {
    for (let tries = 0; tries < 100; tries += 1) {
      const value = await agent.sample(name);
      if (value !== undefined) return value;
      await delay(100);
    }
    throw new Error(`the agent does not answer: ${agent.said()}`);
  };
  try {
    gate.isOpen = false;
    const first = await ask('auditseal_read_lines_total');
    for (let written = 0; written < backlog; written += 1000) writer.burst(Math.min(1000, backlog - written));
    while ((await ask('auditseal_read_lines_total')) < first + backlog) await delay(100);
    const outage = usageOf(agent.pid);
    const waiting = await ask('auditseal_waiting_events');
    gate.isOpen = true;
    const opened = performance.now();
    while ((await ask('auditseal_waiting_events')) === waiting) await delay(25);
    const began = performance.now();
    const after = { ...usageOf(agent.pid), waiting: await ask('auditseal_waiting_events') };
    while ((await ask('auditseal_waiting_events')) > 0) await delay(25);
    const drained = (performance.now() - began) / 1000;
    const { cpuSeconds, rssBytesMax } = usageOf(agent.pid);
    say(
      `drain of ${waiting} events: ${(after.waiting / drained).toFixed(0)} events/s, ${((cpuSeconds - after.cpuSeconds) / (after.waiting / 1e5)).toFixed(1)} CPU s of the agent per 100,000 events; ` +
        `first acknowledgement ${((began - opened) / 1000).toFixed(1)} s after Elasticsearch was back; peak memory ${(outage.rssBytesMax / mebibyte).toFixed(0)} MiB during the outage, ${(rssBytesMax / mebibyte).toFixed(0)} MiB over all`,
    );
  } finally {
    await agent.stop();
  }
}
