import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { buildRotator } from '../../test/kit/rotator/index.ts';
import { auditseal } from './auditseal.ts';
import { runCell } from './cell.ts';
import type { Cell, CellOptions } from './cell.ts';
import { filebeat } from './peers/filebeat.ts';
import { otel } from './peers/otel.ts';
import { rsyslog } from './peers/rsyslog.ts';
import { syslogNg } from './peers/syslog-ng.ts';
import type { Shipper } from './shipper.ts';
import { rates, scenarioNames } from './scenario.ts';
import type { Rate, ScenarioName } from './scenario.ts';
import { lineOf, tableOf, tooGentle } from './table.ts';
import { turns } from './turns.ts';

const shippers = { auditseal, rsyslog, 'syslog-ng': syslogNg, filebeat, otel };
const names = Object.keys(shippers) as (keyof typeof shippers)[];

interface Options {
  only: (keyof typeof shippers)[];
  scenario: ScenarioName[];
  rate: string[];
  parallel: number;
  seed: number;
  backups?: number;
  json?: string;
  keep?: string;
}

const program = new Command('bench:loss')
  .description(
    'The same torture for auditseal and its peers: the real lumberjack writes, a sink answers as Elasticsearch does and fails on\n' +
      'command, and what arrived is compared byte for byte with what was written. Prints lost/duplicated/damaged.',
  )
  .addOption(new Option('--only <names...>', 'shippers').choices(names).default(names))
  .addOption(new Option('--scenario <names...>', 'scenarios').choices(scenarioNames).default(scenarioNames))
  .addOption(new Option('--rate <MB/s...>', 'rates').choices(rates.map(String)).default(rates.map(String)))
  .option('--parallel <n>', 'runs at a time at 2 MB/s', positive, 4)
  .option('--seed <n>', 'of the faults that hit a share', positive, 1)
  .option('--backups <n>', 'that the writer keeps (default: 5 at 2 MB/s, 50 at 20 MB/s)', positive)
  .option('--json <file>', 'append each run as a line of JSON')
  .option('--keep <folder>', 'keep the files of runs that lost, duplicated or damaged anything there')
  .parse();

const options = program.opts<Options>();
const folder = mkdtempSync(join(tmpdir(), 'auditseal-loss-'));
if (options.keep !== undefined) mkdirSync(options.keep, { recursive: true });
const cells: Cell[] = [];
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const rotator = await buildRotator();
if (rotator === undefined) throw new Error('the writer needs Go: install Go 1.21 or newer');
const jobs = (await jobsOf()).map((job) => ({
  ...job,
  rotator,
  seed: options.seed,
  maxBackups: options.backups,
}));
for (const rate of rates) {
  const some = jobs.filter((job) => job.rate === rate);
  await inParallel(some, rate === 2 ? options.parallel : 1);
}
for (const rate of rates)
  if (cells.some((cell) => cell.rate === rate)) console.log(`\n${tableOf(inOrder(), rate)}`);
console.log('Lost/duplicated/damaged. Quoted: lost/duplicated, see bench/loss/README.md.');
const ours = cells.filter(({ shipper }) => shipper === auditseal.name);
const failed = ours.some(
  ({ count: { lost, duplicated, damaged }, void: why }) => lost + duplicated + damaged + why.length > 0,
);
const gentle = rates.some((rate) => scenarioNames.some((scenario) => tooGentle(cells, scenario, rate)));
if (gentle)
  console.log(
    'Too gentle: none of the peers known to lose somewhere did, so it says nothing about auditseal.',
  );
process.exitCode = failed || gentle ? 1 : 0;

type Job = Pick<CellOptions, 'shipper' | 'scenario' | 'rate' | 'folder'>;

/** Scenario by scenario, so that what else the machine does hits all shippers. */
async function jobsOf(): Promise<Job[]> {
  const there: Shipper[] = [];
  for (const name of names.filter((one) => options.only.includes(one))) {
    const missing = await shippers[name].prepare();
    if (missing === undefined) there.push(shippers[name]);
    else console.log(`without ${shippers[name].name}: ${missing}`);
  }
  const wanted = options.rate.map((rate) => Number(rate) as Rate);
  return wanted.flatMap((rate) =>
    scenarioNames
      .filter((scenario) => options.scenario.includes(scenario))
      .flatMap((scenario) =>
        there.map((shipper) => ({
          shipper,
          scenario,
          rate,
          folder: join(folder, `${shipper.name}-${scenario}-${rate}`),
        })),
      ),
  );
}

/** So many write at a time; what waits for its shipper to become idle does not count, as that takes long and costs little. */
async function inParallel(all: readonly Omit<CellOptions, 'inTurn'>[], writers: number): Promise<void> {
  const inTurn = turns(writers);
  const waiting = [...all];
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job; job = waiting.shift()) await runAndSay({ ...job, inTurn });
  };
  await Promise.all(Array.from({ length: 2 * writers }, work));
}

async function runAndSay(job: CellOptions): Promise<void> {
  let bad = true;
  try {
    const cell = await runCell(job);
    cells.push(cell);
    console.log(lineOf(cell));
    if (options.json !== undefined) appendFileSync(options.json, `${JSON.stringify(cell)}\n`);
    bad = cell.count.lost + cell.count.duplicated + cell.count.damaged > 0;
  } catch (error) {
    console.log(`${job.shipper.name}, ${job.scenario}, ${job.rate} MB/s: VOID: ${String(error)}`);
    if (job.shipper === auditseal) throw error;
  } finally {
    if (bad && options.keep !== undefined)
      renameSync(
        job.folder,
        join(options.keep, `${job.shipper.name}-${job.scenario}-${job.rate}-${Date.now()}`),
      );
    else rmSync(job.folder, { recursive: true, force: true });
  }
}

/** The cells in the order of the shippers. */
function inOrder(): Cell[] {
  return names.flatMap((name) => cells.filter(({ shipper }) => shipper === shippers[name].name));
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a whole number above 0');
  return number;
}
