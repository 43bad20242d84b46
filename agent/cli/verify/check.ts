import { fileBytesMax, InputError, readHashedTextFile } from '../../input/index.ts';
import { ElasticsearchStreams, KnownFindings, Lookup, VerifyError, verifyLogs } from '../../verify/index.ts';
import type { FindingSample, Progress, Summary, Verification } from '../../verify/index.ts';
import { createClient } from '../../elasticsearch/index.ts';
import type { Manifest } from '../../seal/index.ts';
import { operatorNames, readHashedTrust, trustedOrigins } from '../../trust/index.ts';
import { connectionOf } from '../connection.ts';
import type { ConnectionOptions } from '../connection.ts';
import { parseTime, timeRangeOf } from '../terminal/time.ts';
import { keptOf } from './kept.ts';
import type { KeptFiles } from './kept.ts';
import { MemoryKeeper } from './memory.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { ProgressLine } from '../terminal/progress.ts';
import { Printer } from './printer.ts';
import { describeProgress, verdictLine } from './report.ts';
import { ResumeFile } from './resume-file.ts';
import type { Question } from './resume-file.ts';
import { workpaperOf } from './workpaper.ts';
import type { Workpaper } from './workpaper.ts';

/** Options that say what is verified and how it is printed. */
export interface CheckOptions extends ConnectionOptions, KeptFiles {
  trust?: string;
  known?: string;
  since?: string;
  until?: string;
  fromBirth?: boolean;
  now?: string;
  eventsMin?: number;
  parallel?: number;
  resume?: string;
  json?: boolean;
}

/** How a verification ended. */
export type CheckResult = Pick<
  Verification,
  'verdict' | 'exitCode' | 'message' | 'time' | 'summary' | 'known'
>;

/** One that came to its end. */
export interface Checked extends CheckResult {
  summary: Summary;
  workpaper: Workpaper;
  /** What the verdict means, as it was printed. */
  words: string;
}

/** What a verification reports to while it runs, and what stops it. */
export interface CheckContext {
  sample: FindingSample;
  signal: AbortSignal;
  onProgress: (read: Progress) => void;
  /** See the room's VerifyOptions. */
  onBatch?: (manifest: Manifest) => void;
  /** Namespaces that are verified besides. */
  alsoRead?: readonly string[];
}

/** The refresh interval of our templates is 1 s. */
const refreshMilliseconds = 2000;

/** Verifies and prints. Throws why it could not: ConfigError, VerifyError, TrustError, ElasticsearchError, and what `signal` aborts. */
export async function check(
  options: CheckOptions,
  terminal: Terminal,
  { sample, signal, onProgress, onBatch, alsoRead = [] }: CheckContext,
): Promise<Checked> {
  const now = options.now === undefined ? new Date() : new Date(parseTime('--now', options.now, new Date()));
  const resume = options.resume === undefined ? undefined : await ResumeFile.open(options.resume);
  const asked = timeRangeOf(options, now);
  // What `26h` meant when the interrupted run began.
  const time = resume?.time ? resume.time.range : asked;
  const { settings, namespace } = await connectionOf(options);
  const trusted = options.trust === undefined ? undefined : await readHashedTrust(options.trust);
  const trust = trusted?.trust;
  const known = options.known === undefined ? undefined : await readKnown(options.known);
  const kept = await keptOf(options);
  const files = {
    trust: trusted && { file: options.trust!, sha256: trusted.sha256 },
    known: known?.about,
  };
  const client = await createClient(settings);
  const printer = new Printer({
    terminal,
    json: options.json === true,
    known: known?.findings,
    lookup: new Lookup(client, namespace, signal),
  });
  const progress = new ProgressLine(process.stderr);
  const memory = new MemoryKeeper();
  try {
    const workpaper = await workpaperOf(client, files, signal);
    printer.workpaper(workpaper);
    const readBefore = resume?.begin(questionOf(options, namespace, workpaper), time);
    await using streams = await ElasticsearchStreams.open(client, {
      namespace,
      time,
      operators: trust && operatorNames(trust),
      trusted: trust && trustedOrigins(trust),
      inParts: (options.parallel ?? 1) > 1 || resume !== undefined,
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
      parallel: options.parallel,
      readBefore,
      onRead: (parts) => resume?.take(parts),
      kept,
      onBatch,
      onTrustNamesNone: () => {
        progress.clear();
        printer.trustNamesNone(options.trust);
      },
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
    let next = await judgement.next();
    for (; next.done !== true; next = await judgement.next()) {
      progress.clear();
      sample.add(next.value);
      await printer.finding(next.value);
    }
    progress.clear();
    const summary = next.value;
    const words = printer.summary(summary, scope);
    resume?.remove();
    const { verdict, exitCode } = summary;
    const news = known && { at: known.findings.at, news: known.findings.news() };
    const message = verdictLine(summary, news?.news);
    return { verdict, exitCode, message, time, summary, known: news, workpaper, words };
  } catch (error) {
    resume?.keep();
    throw error;
  } finally {
    progress.clear();
    // Not awaited: closing waits for the rest of an answer, which a dead server never sends.
    client.close().catch(() => undefined);
  }
}

function questionOf(
  { since, until, now }: CheckOptions,
  namespace: string,
  { elasticsearch, trust }: Workpaper,
): Question {
  const cluster = 'uuid' in elasticsearch ? elasticsearch.uuid : undefined;
  return { namespace, cluster, trust: trust?.sha256, since, until, now };
}

/** Throws VerifyError `usage`. */
async function readKnown(
  file: string,
): Promise<{ findings: KnownFindings; about: NonNullable<Workpaper['known']> }> {
  const { text, sha256 } = await readHashedTextFile(file, fileBytesMax.verdict).catch((cause: unknown) => {
    if (!(cause instanceof InputError)) throw cause;
    throw new VerifyError('usage', `--known: ${file} ${cause.message}`, { cause });
  });
  const findings = KnownFindings.parse(file, text);
  return { findings, about: { file, sha256, at: findings.at } };
}
