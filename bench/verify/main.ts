import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomNamespace, removeNamespace, startElasticsearch } from '../../test/kit/elasticsearch/index.ts';
import { bundleHere, bundleOf } from './bundle.ts';
import { measure } from './measure.ts';
import type { Run } from './measure.ts';
import { writeLog } from './written-log.ts';
import type { WrittenLog } from './written-log.ts';

/**
 * What `auditseal verify` takes over a sealed log in a real Elasticsearch (one node, heap 1 GB) on this machine: the bundle of this
 * tree and, in turns with it, that of an earlier commit. CPU is that of the command alone.
 * `node bench/verify/main.ts [--events 100000,1000000] [--baseline COMMIT] [--rounds 3] [--corpus FILE] [-- OPTIONS OF VERIFY]`
 */
const { values, positionals: more } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '100000,1000000' },
    baseline: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    corpus: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const sizes = values.events.split(',').map(Number);

const folder = mkdtempSync(join(tmpdir(), 'auditseal-bench-verify-'));
const elasticsearch = await startElasticsearch({ sustained: true });
try {
  const here = { name: 'here', command: bundleHere(folder), more };
  const { baseline } = values;
  const contestants =
    baseline === undefined
      ? [here]
      : [{ name: baseline, command: bundleOf(baseline, folder), more: [] }, here];
  console.log(`Elasticsearch ${elasticsearch.version}, Node ${process.versions.node}\n`);
  console.log('| events | of `_source` MB | | CPU s | CPU s / 100 MB | s | peak MB |');
  console.log('|--:|--:|---|--:|--:|--:|--:|');
  for (const events of sizes) {
    const namespace = randomNamespace();
    const log = await writeLog({ url: elasticsearch.url, namespace, events, corpus: values.corpus });
    const runs = new Map<string, Run[]>(contestants.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round += 1)
      for (const { name, command, more: options } of contestants)
        runs.get(name)!.push(await verify(command, log, options));
    for (const [name, list] of runs) console.log(rowOf(name, log, list));
    await removeNamespace(elasticsearch.url, namespace);
  }
  console.log(`\nMedians of ${rounds}; load ${loadavg()[0]!.toFixed(1)}.`);
} finally {
  await elasticsearch.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function verify(
  command: string,
  { namespace, sealedAt, events }: WrittenLog,
  options: readonly string[],
): Promise<Run> {
  const { url } = elasticsearch;
  const parameters = ['--url', url, '--namespace', namespace, '--now', sealedAt, ...options];
  const run = await measure(command, ['verify', ...parameters]);
  if (!run.out.includes(` ${events} as sealed`)) throw new Error(`not all events were read: ${run.out}`);
  return run;
}

function rowOf(name: string, { events, bytes }: WrittenLog, runs: readonly Run[]): string {
  const of = (value: (run: Run) => number) => median(runs.map(value));
  const cpuSeconds = of((run) => run.cpuSeconds);
  const cells = [
    events,
    (bytes / 1e6).toFixed(0),
    name,
    cpuSeconds.toFixed(2),
    ((cpuSeconds * 1e8) / bytes).toFixed(2),
    of(({ seconds }) => seconds).toFixed(1),
    of(({ peakBytes }) => peakBytes / 1e6).toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
