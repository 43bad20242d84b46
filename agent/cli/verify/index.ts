import { Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../../error.ts';
import type { Progress } from '../../verify/index.ts';
import { FindingSample, sampleMax } from '../../verify/index.ts';
import { usageEndsWith } from '../exit.ts';
import { addConnection, connectionOf } from '../connection.ts';
import { check, writeJson, type CheckOptions, type CheckResult } from './check.ts';
import { printableError } from '../terminal/text.ts';
import { timeRangeOf } from '../terminal/time.ts';
import { describeProgress } from './report.ts';
import { verdictNotWritten, VerdictWriter } from './verdict.ts';

interface Options extends CheckOptions {
  verdictApiKeyFile?: string;
}

/** docs/seal-format.md §8.5: no access, a usage error, any exception. */
const couldNotCheck = 2;

/** `auditseal verify`, as an auditor calls it; read access to both streams is all that it needs. */
export function verifyCommand(): Command {
  const command = new Command('verify').description(
    'check that the events in Elasticsearch are what the agents sealed: none changed, missing or added',
  );
  return addConnection(command, {
    config: 'take the connection and the namespace from an agent’s configuration',
    apiKey: 'file with an API key that may read both streams',
    username: 'user name, with --password-file',
  })
    .option(
      '--trust <file>',
      'trust file, kept outside Elasticsearch; without it the keys come from the log itself',
    )
    .option('--since <time>', 'check from then on: RFC 3339, or as long ago as 26h, 90m, 7d')
    .option('--until <time>', 'check up to then: RFC 3339, or as long ago as 1h')
    .option('--now <time>', 'judge as of this time (RFC 3339) instead of now')
    .option('--events-min <count>', 'could not check (2) if fewer events are there as sealed', count)
    .option(
      '--verdict-api-key-file <file>',
      'write the verdict to logs-auditseal.verify-<namespace>, with this key (create_doc there is enough)',
    )
    .option('--json', 'one JSON object a line: each finding, then the summary')
    .exitOverride(usageEndsWith(couldNotCheck))
    .addHelpText('after', help)
    .action(async (options: Options) => {
      process.exitCode = await verify(options);
    });
}

const help = `
Exit codes:
  0  verified: nothing is wrong
  1  tampered: events or records were changed, removed or added
  3  not proven complete: a gap, a silence, an early end, an unknown key
  2  could not check: no access, no record at all, a wrong option, any error
  4  verified, but the verdict could not be written (--verdict-api-key-file)

Example:
  $ auditseal verify --url https://elasticsearch:9200 --api-key-file key --trust trust.json --since 26h`;

function count(value: string): number {
  if (/^\d{1,15}$/u.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a number of events.');
}

/** Runs the verification and prints it; resolves with the exit code and never rejects. */
async function verify(options: Options): Promise<number> {
  const startedAt = new Date();
  const sample = new FindingSample(sampleMax);
  let verdicts: VerdictWriter | undefined;
  try {
    verdicts = await verdictsOf(options);
  } catch (error) {
    return unable(options, messageOf(error)).exitCode;
  }
  const outcome = await outcomeOf(options, sample);
  if (!verdicts) return outcome.exitCode;
  return await announce(verdicts, { ...outcome, startedAt, endedAt: new Date(), sample: sample.list() });
}

/** Undefined: the verdict is to be written nowhere. Throws ConfigError and ElasticsearchError `settings`. */
async function verdictsOf(options: Options): Promise<VerdictWriter | undefined> {
  const { verdictApiKeyFile: apiKeyFile } = options;
  if (apiKeyFile === undefined) return undefined;
  const { settings, namespace } = await connectionOf('auditseal verify', options);
  return await VerdictWriter.create({ settings, namespace, apiKeyFile });
}

async function outcomeOf(options: Options, sample: FindingSample): Promise<CheckResult> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  let read: Progress = { records: 0, notes: 0, documents: 0 };
  const onProgress = (progress: Progress) => (read = progress);
  try {
    return await check(options, { sample, signal: stop.signal, onProgress });
  } catch (error) {
    const stopped = `stopped before the end: ${describeProgress(read)}`;
    return unable(options, stop.signal.aborted ? stopped : messageOf(error));
  } finally {
    process.removeListener('SIGINT', abort).removeListener('SIGTERM', abort);
  }
}

/** Says what was in the way. */
function unable(options: Options, why: string): CheckResult {
  const ended = { verdict: 'could not check', exitCode: couldNotCheck } as const;
  if (options.json) writeJson({ type: 'summary', ...ended, obstacle: why });
  const message = `could not check: ${why}`;
  process.stderr.write(`auditseal verify: ${printableError(message)}\n`);
  return { ...ended, message, time: askedFor(options), summary: undefined };
}

/** What a verification that came to no end was to check; undefined, too, where the options make no sense. */
function askedFor(options: Options): CheckResult['time'] {
  try {
    return timeRangeOf(options, new Date());
  } catch {
    return undefined;
  }
}

/** Writes the verdict; resolves with the exit code, which says so if that fails, unless it has something worse to say. */
async function announce(
  verdicts: VerdictWriter,
  verification: Parameters<VerdictWriter['write']>[0],
): Promise<number> {
  const { exitCode } = verification;
  try {
    await verdicts.write(verification);
    return exitCode;
  } catch (error) {
    const why = printableError(messageOf(error));
    process.stderr.write(`auditseal verify: the verdict could not be written: ${why}\n`);
    return exitCode === 0 ? verdictNotWritten : exitCode;
  }
}
