import { jsonLine } from '../../json/index.ts';
import { ElasticsearchStreams, identityOf, verifyLogs } from '../../verify/index.ts';
import type { Finding, FindingSample, Progress, Summary, Verification } from '../../verify/index.ts';
import { createClient } from '../../elasticsearch/index.ts';
import { operatorNames, readTrust, trustedOrigins } from '../../trust/index.ts';
import { connectionOf } from '../connection.ts';
import type { ConnectionOptions } from '../connection.ts';
import { parseTime, timeRangeOf } from '../terminal/time.ts';
import { MemoryKeeper } from './memory.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { ProgressLine } from '../terminal/progress.ts';
import { describeProgress, describeSummary, findingLine, verdictLine } from './report.ts';
import type { Scope } from './report.ts';

/** Options that say what is verified and how it is printed. */
export interface CheckOptions extends ConnectionOptions {
  trust?: string;
  since?: string;
  until?: string;
  fromBirth?: boolean;
  now?: string;
  eventsMin?: number;
  json?: boolean;
}

/** How a verification ended. */
export type CheckResult = Pick<Verification, 'verdict' | 'exitCode' | 'message' | 'time' | 'summary'>;

/** What a verification reports to while it runs, and what stops it. */
export interface CheckContext {
  sample: FindingSample;
  signal: AbortSignal;
  onProgress: (read: Progress) => void;
  /** Namespaces that are verified besides. */
  alsoRead?: readonly string[];
}

/** The refresh interval of our templates is 1 s. */
const refreshMilliseconds = 2000;

/** Verifies and prints. Throws why it could not: ConfigError, VerifyError, TrustError, ElasticsearchError, and what `signal` aborts. */
export async function check(
  options: CheckOptions,
  terminal: Terminal,
  { sample, signal, onProgress, alsoRead = [] }: CheckContext,
): Promise<CheckResult> {
  const now = options.now === undefined ? new Date() : new Date(parseTime('--now', options.now, new Date()));
  const time = timeRangeOf(options, now);
  const { settings, namespace } = await connectionOf(options);
  const trust = options.trust === undefined ? undefined : await readTrust(options.trust);
  const client = await createClient(settings);
  const progress = new ProgressLine(process.stderr);
  const memory = new MemoryKeeper();
  try {
    await using streams = await ElasticsearchStreams.open(client, {
      namespace,
      time,
      operators: trust && operatorNames(trust),
      trusted: trust && trustedOrigins(trust),
      refreshMilliseconds,
      onRead: (stream, bytes) => memory.read(stream, bytes),
      signal,
    });
    const judgement = verifyLogs(streams, {
      now,
      trust,
      range: streams.range,
      fromBirth: options.fromBirth,
      eventsMin: options.eventsMin,
      onProgress: (read) => {
        onProgress(read);
        progress.show(() => `verifying: ${describeProgress(read)}`);
      },
    });
    const until =
      options.until !== undefined && parseTime('--until', options.until, now) > now.getTime()
        ? options.until
        : undefined;
    const otherNamespaces = (streams.otherNamespaces ?? []).filter((other) => !alsoRead.includes(other));
    const scope = {
      urls: settings.urls,
      namespace,
      time,
      until,
      trustFile: options.trust,
      otherNamespaces,
      isMappingRead: streams.isMappingRead,
    };
    const printer = { terminal, json: options.json === true };
    const summary = await print(judgement, scope, printer, (finding) => {
      progress.clear();
      if (finding) sample.add(finding);
    });
    const { verdict, exitCode } = summary;
    return { verdict, exitCode, message: verdictLine(summary), time, summary };
  } finally {
    progress.clear();
    // Not awaited: closing waits for the rest of an answer, which a dead server never sends.
    client.close().catch(() => undefined);
  }
}

async function print(
  judgement: AsyncGenerator<Finding, Summary>,
  scope: Scope,
  { terminal, json }: { terminal: Terminal; json: boolean },
  beforeLine: (finding?: Finding) => void,
): Promise<Summary> {
  let next = await judgement.next();
  for (; next.done !== true; next = await judgement.next()) {
    beforeLine(next.value);
    terminal.out(
      json
        ? jsonLine({
            type: next.value.excuse ? 'excused' : 'finding',
            identity: identityOf(next.value),
            ...next.value,
          })
        : `${findingLine(next.value)}\n`,
    );
  }
  beforeLine();
  const summary = next.value;
  terminal.out(
    json
      ? jsonLine({
          type: 'summary',
          namespace: scope.namespace,
          otherNamespaces: scope.otherNamespaces,
          ...summary,
        })
      : `${describeSummary(summary, scope).join('\n')}\n`,
  );
  return summary;
}
