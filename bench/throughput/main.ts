import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { bundle } from '../../build/bundle.ts';
import { auditseal } from './auditseal.ts';
import { writeInput } from './input.ts';
import { rsyslog, rsyslogMissing } from './rsyslog.ts';
import { measure } from './shipper.ts';
import type { Result, Shipper } from './shipper.ts';
import { conclusionOf } from './table.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const names = ['raw', 'keep', 'default', 'parsed'] as const;

const program = new Command('bench')
  .description(
    'What the whole agent costs as it is shipped, from file to acknowledged, beside rsyslog (raw and parsed): CPU seconds\n' +
      'per 100 MB of audit log, MB/s, peak memory. They take turns, so that what else the machine does hits all of them;\n' +
      'what counts are the ratios within a round. Fewer than five rounds tell nothing.',
  )
  .option(
    '--input <file>',
    'real events: JSON lines, or compressed as .gz (default: test/kit/fixtures/rotating)',
  )
  .option('--megabytes <n>', 'repeat the input up to this size (default: 200; with --input: once)', positive)
  .option('--rounds <n>', 'runs of each', positive, 5)
  .option('--only <names...>', `some of: ${names.join(' ')}`, [...names])
  .option('--agent <auditseal.js>', 'a build of the agent (default: one of this checkout, made anew)')
  .option('--baseline <auditseal.js>', 'another build, which takes turns with it')
  .option('--profile <folder>', "write the agent's CPU profiles")
  .parse();

interface Options {
  input?: string;
  megabytes?: number;
  rounds: number;
  only: string[];
  agent?: string;
  baseline?: string;
  profile?: string;
}

const options = program.opts<Options>();
const folder = mkdtempSync(join(tmpdir(), 'auditseal-bench-'));
try {
  const bytesMin = (options.megabytes ?? (options.input === undefined ? 200 : 0)) * 1e6;
  const fixtures = join(root, 'test/kit/fixtures/rotating');
  const input = await writeInput(join(folder, 'input'), options.input, fixtures, bytesMin);
  console.log(`${(input.bytes / 1e6).toFixed(0)} MB, ${input.lines} lines, Node ${process.versions.node}\n`);
  const shippers = shippersOf(options, options.agent ?? (await built(join(folder, 'agent'))));
  const rounds: Result[][] = [];
  for (let round = 0; round < options.rounds; round++) {
    const results: Result[] = [];
    // Each goes first once, so that none profits from what the one before it left in the caches.
    for (const shipper of turned(shippers, round)) {
      const result = await measure(shipper, input, join(folder, 'run'));
      console.log(lineOf(result));
      results.push(result);
    }
    rounds.push(results);
  }
  console.log(
    `\n${conclusionOf(
      shippers.map(({ name }) => name),
      rounds,
    )}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function built(into: string): Promise<string> {
  await bundle(into);
  return join(into, 'auditseal.js');
}

function turned<Item>(items: readonly Item[], by: number): Item[] {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

function shippersOf({ only, baseline, profile }: Options, agent: string): Shipper[] {
  const nodeOptions = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', resolve(profile)];
  const ours = (policy: 'keep' | 'default') => [
    auditseal({ main: resolve(agent), policy, nodeOptions }),
    ...(baseline === undefined
      ? []
      : [auditseal({ main: resolve(baseline), policy, nodeOptions, suffix: ' (baseline)' })]),
  ];
  const missing = rsyslogMissing();
  if (missing !== undefined) console.log(`without rsyslog: ${missing}\n`);
  const made = {
    keep: () => ours('keep'),
    default: () => ours('default'),
    raw: () => [rsyslog('raw')],
    parsed: () => [rsyslog('parsed')],
  };
  const peers = new Set(missing === undefined ? [] : ['raw', 'parsed']);
  return names.filter((name) => only.includes(name) && !peers.has(name)).flatMap((name) => made[name]());
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
