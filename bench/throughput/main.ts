import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { auditseal } from './auditseal.ts';
import { writeInput } from './input.ts';
import { rsyslog, rsyslogMissing } from './rsyslog.ts';
import { measure } from './shipper.ts';
import type { Result, Shipper } from './shipper.ts';
import { tableOf } from './table.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const names = ['keep', 'default', 'raw', 'parsed'] as const;

const program = new Command('bench')
  .description(
    'What the whole agent costs, from file to acknowledged, beside rsyslog (raw and parsed): CPU seconds per 100 MB of\n' +
      'audit log, MB/s, peak memory. They take turns, so that what else the machine does hits all of them.',
  )
  .option(
    '--input <file>',
    'real events: JSON lines, or compressed as .gz (default: test/kit/fixtures/rotating)',
  )
  .option('--megabytes <n>', 'repeat the input up to this size (default: 200; with --input: once)', positive)
  .option('--rounds <n>', 'runs of each', positive, 3)
  .option('--only <names...>', `some of: ${names.join(' ')}`, [...names])
  .option('--agent <main.ts>', 'the agent of another checkout', join(root, 'agent/cli/main.ts'))
  .option('--profile <folder>', "write the agent's CPU profiles")
  .parse();

interface Options {
  input?: string;
  megabytes?: number;
  rounds: number;
  only: string[];
  agent: string;
  profile?: string;
}

const options = program.opts<Options>();
const folder = mkdtempSync(join(tmpdir(), 'auditseal-bench-'));
try {
  const bytesMin = (options.megabytes ?? (options.input === undefined ? 200 : 0)) * 1e6;
  const fixtures = join(root, 'test/kit/fixtures/rotating');
  const input = await writeInput(join(folder, 'input'), options.input, fixtures, bytesMin);
  console.log(`${(input.bytes / 1e6).toFixed(0)} MB, ${input.lines} lines, Node ${process.versions.node}\n`);
  const shippers = shippersOf(options);
  const results: Result[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const shipper of shippers) {
      const result = await measure(shipper, input, join(folder, 'run'));
      console.log(lineOf(result));
      results.push(result);
    }
  }
  console.log(`\nMedians of ${options.rounds}:\n\n${tableOf(results)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function shippersOf({ only, agent, profile }: Options): Shipper[] {
  const nodeOptions = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', resolve(profile)];
  const ours = (policy: 'keep' | 'default') => auditseal({ main: resolve(agent), policy, nodeOptions });
  const missing = rsyslogMissing();
  if (missing !== undefined) console.log(`without rsyslog: ${missing}\n`);
  const made = {
    keep: () => ours('keep'),
    default: () => ours('default'),
    raw: () => rsyslog('raw'),
    parsed: () => rsyslog('parsed'),
  };
  const peers = new Set(missing === undefined ? [] : ['raw', 'parsed']);
  return names.filter((name) => only.includes(name) && !peers.has(name)).map((name) => made[name]());
}

function lineOf(result: Result): string {
  const { name, cpuSecondsPer100MB, megabytesPerSecond, rssMegabytes } = result;
  const load = loadavg()[0]!.toFixed(1);
  return `${name}: ${cpuSecondsPer100MB.toFixed(2)} CPU s / 100 MB, ${megabytesPerSecond.toFixed(0)} MB/s, ${rssMegabytes.toFixed(0)} MB (load ${load})`;
}

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('a number above 0');
  return number;
}
