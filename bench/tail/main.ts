import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Random } from '../../test/kit/random.ts';
import { startElasticsearch } from '../../test/kit/elasticsearch/index.ts';
import { backlog } from '../../test/whole/tail/backlog.ts';
import { longLines } from '../../test/whole/tail/long-lines.ts';
import { measureIdle } from './idle.ts';
import { catchUp } from './many-backups.ts';

/**
 * `node bench/tail/main.ts [--only idle,lines,backlog,many] [--seconds 30] [--megabytes 1000] [--files 6] [--fileMegabytes 100]`:
 * what tailing costs at its extremes, on a real Elasticsearch: waiting for a line, a line of a gigabyte, a backlog of all
 * backups, and many of them. Memory is held to the formula of docs/operations.md by a cgroup, where one can be made.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'idle,lines,backlog,many' },
    seconds: { type: 'string', default: '30' },
    megabytes: { type: 'string', default: '1000' },
    files: { type: 'string', default: '6' },
    fileMegabytes: { type: 'string', default: '100' },
  },
});
const only = new Set(values.only.split(','));
const mebibyte = 1024 * 1024;
const memory = (peak: number, limit: number, isLimited: boolean) =>
  `peak ${(peak / mebibyte).toFixed(0)} MiB of ${(limit / mebibyte).toFixed(0)}${isLimited ? ', a hard limit' : ' (no cgroup can be made here)'}`;
const say = (line: string) => console.log(`${line} (load ${loadavg()[0]?.toFixed(1)})`);

const elasticsearch = await startElasticsearch({ sustained: true });
const { url } = elasticsearch;
try {
  if (only.has('idle')) await idle();
  if (only.has('lines')) await lines();
  if (only.has('backlog')) await backups();
  if (only.has('many')) await many();
} finally {
  await elasticsearch.stop();
}

async function idle(): Promise<void> {
  for (const watch of [true, false]) {
    const { core, sealedSeconds, rssBytes } = await measureIdle(url, watch, Number(values.seconds));
    say(
      `idle, ${watch ? 'with' : 'without'} a watcher: ${(core * 100).toFixed(2)} % of a core, ${(rssBytes / mebibyte).toFixed(0)} MiB; ` +
        `a line is durable after ${sealedSeconds.map((seconds) => seconds.toFixed(1)).join(', ')} s`,
    );
  }
}

/** Is the time linear to the length? */
async function lines(): Promise<void> {
  const bytes = Number(values.megabytes) * 1e6;
  for (const kind of ['quotes', 'deep', 'text'] as const) {
    const cpu: number[] = [];
    for (const size of [bytes / 10, bytes]) {
      const result = await longLines({ url, lines: [{ kind, bytes: size }], millisecondsMax: 600_000 });
      cpu.push(result.cpuSeconds);
      report(`a line of ${(size / 1e6).toFixed(0)} MB (${kind})`, result.problems);
      say(
        `  ${result.cpuSeconds.toFixed(2)} CPU s, ${memory(result.peakBytes, result.limitBytes, result.isLimited)}`,
      );
    }
    const ratio = (cpu[1] ?? NaN) / (cpu[0] ?? NaN);
    report(`  ten times the length takes ${ratio.toFixed(1)} times the CPU`, ratio <= 12 ? [] : ['above 12']);
  }
}

async function backups(): Promise<void> {
  const [files, fileBytes] = [Number(values.files), Number(values.fileMegabytes) * 1e6];
  const random = new Random(20_261_123);
  const result = await backlog({ url, files, fileBytes, kills: 5, random, millisecondsMax: 1_800_000 });
  report(
    `a backlog of ${result.lines} lines, ${(result.bytes / 1e6).toFixed(0)} MB, five kills`,
    result.problems,
  );
  say(
    `  ${result.seconds.toFixed(0)} s, ${memory(result.peakBytes, result.limitBytes, result.isLimited)}, bytes left seen ${result.lags.length} times`,
  );
}

/** Does a file cost more where there are more of them? */
async function many(): Promise<void> {
  for (const count of [10, 100, 1000, 3000, 10_000]) {
    const { files, cpuMilliseconds, gaps } = await catchUp(count, 60);
    report(`catching up over ${count} compressed backups`, gaps === 0 ? [] : [`${gaps} gaps`]);
    say(`  ${cpuMilliseconds.toFixed(1)} ms CPU a file, over ${files} files`);
  }
}

function report(what: string, problems: readonly string[]): void {
  console.log(`${what}: ${problems.length === 0 ? 'ok' : 'FINDING'}`);
  for (const problem of problems) console.log(`    ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
