import { Command, InvalidArgumentError } from 'commander';
import { verifyLogs, type Finding, type Summary } from '../seal/verify/index.ts';
import { createClient } from '../ship/index.ts';
import {
  ElasticsearchStreams,
  FindingSample,
  operatorNames,
  readTrust,
  sampleMax,
  type TimeRange,
  type Verification,
} from '../verify/index.ts';
import { addConnection, connectionOf, type ConnectionOptions } from './connection.ts';
import { parseTime } from './time.ts';
import { MemoryKeeper } from './verify-memory.ts';
import { ProgressLine } from './progress.ts';
import { describeSummary, findingLine, verdictLine, type Scope } from './verify-report.ts';
import { verdictNotWritten, writeVerdict } from './verify-verdict.ts';

interface Options extends ConnectionOptions {
  trust?: string;
  since?: string;
  until?: string;
  now?: string;
  eventsMin?: number;
  json?: boolean;
  verdictApiKeyFile?: string;
}

/** docs/seal-format.md §8.5: no access, a usage error, any exception. */
const couldNotCheck = 2;

/** The refresh interval of our templates is 1 s. */
const refreshMilliseconds = 2000;

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
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : couldNotCheck))
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
  const outcome = await outcomeOf(options, sample);
  if (options.verdictApiKeyFile === undefined) return outcome.exitCode;
  return await announce(options, { ...outcome, startedAt, endedAt: new Date(), sample: sample.list() });
}

/** How a verification ended. */
type Outcome = Pick<Verification, 'verdict' | 'exitCode' | 'message' | 'time' | 'summary'>;

async function outcomeOf(options: Options, sample: FindingSample): Promise<Outcome> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  try {
    return await check(options, sample, stop.signal);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const said = stop.signal.aborted ? 'stopped before the end' : why;
    const ended = { verdict: 'could not check', exitCode: couldNotCheck } as const;
    if (options.json) writeJson({ type: 'summary', ...ended, obstacle: said });
    const message = `could not check: ${said}`;
    process.stderr.write(`auditseal verify: ${message}\n`);
    return { ...ended, message, time: undefined, summary: undefined };
  } finally {
    process.removeListener('SIGINT', abort).removeListener('SIGTERM', abort);
  }
}

/** Writes the verdict; resolves with the exit code, which says so if that fails, unless it has something worse to say. */
async function announce(options: Options, verification: Parameters<typeof writeVerdict>[1]): Promise<number> {
  const { exitCode } = verification;
  try {
    const { settings, namespace } = await connectionOf('auditseal verify', options);
    await writeVerdict({ settings, namespace, apiKeyFile: options.verdictApiKeyFile! }, verification);
    return exitCode;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`auditseal verify: the verdict could not be written: ${why}\n`);
    return exitCode === 0 ? verdictNotWritten : exitCode;
  }
}

async function check(options: Options, sample: FindingSample, signal: AbortSignal): Promise<Outcome> {
  const now = options.now === undefined ? new Date() : new Date(parseTime('--now', options.now, new Date()));
  const time = timeRangeOf(options, now);
  const { settings, namespace } = await connectionOf('auditseal verify', options);
  const trust = options.trust === undefined ? undefined : await readTrust(options.trust);
  const client = await createClient(settings);
  const progress = new ProgressLine(process.stderr);
  const memory = new MemoryKeeper();
  try {
    await using streams = await ElasticsearchStreams.open(client, {
      namespace,
      time,
      operators: trust && operatorNames(trust),
      refreshMilliseconds,
      onRead: (stream, bytes) => memory.read(stream, bytes),
      signal,
    });
    const judgement = verifyLogs(streams, {
      now,
      trust,
      range: streams.range,
      eventsMin: options.eventsMin,
      onProgress: ({ records, documents }) =>
        progress.show(() => `verifying: ${records} records, ${documents} events read`),
    });
    const scope = { urls: settings.urls, namespace, time, trustFile: options.trust };
    const summary = await print(judgement, scope, options.json === true, (finding) => {
      progress.clear();
      if (finding) sample.add(finding);
    });
    const { verdict, exitCode } = summary;
    return { verdict, exitCode, message: verdictLine(summary), time, summary };
  } finally {
    progress.clear();
    // Not waited for: it would wait in turn for an answer that a dead server began.
    client.close().catch(() => undefined);
  }
}

async function print(
  judgement: AsyncGenerator<Finding, Summary>,
  scope: Scope,
  json: boolean,
  beforeLine: (finding?: Finding) => void,
): Promise<Summary> {
  let next = await judgement.next();
  for (; next.done !== true; next = await judgement.next()) {
    beforeLine(next.value);
    if (json) writeJson({ type: next.value.excuse ? 'excused' : 'finding', ...next.value });
    else process.stdout.write(`${findingLine(next.value)}\n`);
  }
  beforeLine();
  const summary = next.value;
  if (json) writeJson({ type: 'summary', ...summary });
  else process.stdout.write(`${describeSummary(summary, scope).join('\n')}\n`);
  return summary;
}

function writeJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function timeRangeOf({ since, until }: Options, now: Date): TimeRange | undefined {
  if (since === undefined && until === undefined) return undefined;
  return {
    since: since === undefined ? 0 : parseTime('--since', since, now),
    until: until === undefined ? now.getTime() : parseTime('--until', until, now),
  };
}
