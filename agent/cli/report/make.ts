import { createClient } from '../../elasticsearch/index.ts';
import { printableJson } from '../../json/index.ts';
import { Completeness, makeReport, pageOf } from '../../report/index.ts';
import type { Maker, Verified } from '../../report/index.ts';
import { operatorNames, readOperatorKey, readTrust } from '../../trust/index.ts';
import { FindingSample, VerifyError } from '../../verify/index.ts';
import type { TimeRange } from '../../verify/index.ts';
import { connectionOf } from '../connection.ts';
import type { ConnectionOptions } from '../connection.ts';
import { exitCode } from '../exit-code.ts';
import { ProgressLine } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { withoutSecrets } from '../terminal/text.ts';
import { timeRangeOf } from '../terminal/time.ts';
import { check } from '../verify/check.ts';
import type { Checked } from '../verify/check.ts';
import type { KeptFiles } from '../verify/kept.ts';
import { commandLine } from '../verify/workpaper.ts';
import type { Workpaper } from '../verify/workpaper.ts';
import { Excerpt } from './excerpt.ts';
import { filesFor, writeReport } from './files.ts';

/** Options of `auditseal report`, as commander gives them. */
export interface ReportOptions extends ConnectionOptions, KeptFiles {
  out?: string;
  since?: string;
  until?: string;
  trust?: string;
  json?: boolean;
  fromBirth?: boolean;
  parallel?: number;
  rows: number;
  usual?: string[];
  signKey?: string;
}

/** Findings that are named one by one. */
const findingsMax = 200;

export interface MakeContext {
  signal: AbortSignal;
  /** How far it has come. */
  onStep: (step: string) => void;
}

/**
 * Verifies, asks, and writes the report; resolves with the exit code, which is the verdict's, or 3 where a table is not sure. Throws as
 * `check` does, and WhoError.
 */
export async function make(
  options: ReportOptions,
  terminal: Terminal,
  { signal, onStep }: MakeContext,
): Promise<number> {
  const { out, since } = options;
  if (out === undefined) throw new VerifyError('usage', '--out: say which file the report goes to');
  if (since === undefined) throw new VerifyError('usage', '--since: say from when on the report is to be');
  const now = new Date();
  const time = timeRangeOf(options, now)!;
  const files = filesFor(out, options.json === true, options.signKey !== undefined);
  const key = options.signKey === undefined ? undefined : await readOperatorKey(options.signKey);
  const { settings, namespace } = await connectionOf(options);
  const { verified, workpaper } = await verifiedBy(options, time, { signal, onStep });
  const progress = new ProgressLine(process.stderr);
  const client = await createClient(settings);
  try {
    const report = await makeReport(client, {
      namespace,
      urls: settings.urls.map(withoutSecrets),
      time,
      rowsMax: options.rows,
      usual: options.usual,
      maker: await makerOf(workpaper, options.trust),
      verified,
      signal,
      onQuestion: (title) => {
        onStep(`asking: ${title}`);
        progress.show(() => `asking: ${title}`);
      },
    });
    progress.clear();
    await writeReport(
      files,
      { html: pageOf(report), json: `${printableJson(JSON.stringify(report))}\n` },
      key,
    );
    const written = [files.html, files.json, files.sums, files.note].filter((file) => file !== undefined);
    terminal.out(`verdict: ${verified.message}\nwritten: ${written.join(', ')}\n`);
    const isUnsure = report.tables.some(({ attention }) => attention.length > 0);
    const code = verified.summary.exitCode;
    return code === exitCode.done && isUnsure ? exitCode.unsure : code;
  } finally {
    progress.clear();
    // Not awaited: closing waits for the rest of an answer, which a dead server never sends.
    client.close().catch(() => undefined);
  }
}

/** One verification, as of `auditseal verify`, whose batches are added up as they are read. */
async function verifiedBy(
  options: ReportOptions,
  time: TimeRange,
  { signal, onStep }: MakeContext,
): Promise<{ verified: Verified; workpaper: Workpaper }> {
  const sample = new FindingSample(findingsMax);
  const completeness = new Completeness(time);
  const printed = new Excerpt();
  const keeper: Terminal = {
    out: (text) => printed.add(text),
    error: () => undefined,
    exit: () => undefined,
  };
  const until = new Date(time.until).toISOString();
  const asked = { ...options, json: false, since: new Date(time.since).toISOString(), until };
  const { summary, message, words, workpaper }: Checked = await check(asked, keeper, {
    sample,
    signal,
    onProgress: ({ records, documents }) => onStep(`${records} records and ${documents} events read`),
    onBatch: (manifest) => completeness.take(manifest),
  });
  const verified = {
    summary,
    message,
    words,
    findings: sample.list(),
    completeness: completeness.report(),
    printed: printed.text(),
  };
  return { verified, workpaper };
}

async function makerOf(
  { tool, command, by, elasticsearch, trust }: Workpaper,
  trustFile: string | undefined,
): Promise<Maker> {
  const operators = trustFile === undefined ? [] : operatorNames(await readTrust(trustFile));
  const { user, uid, host } = by;
  return {
    tool,
    command: commandLine(command),
    by: `${user} (uid ${uid}) on ${host}`,
    elasticsearch:
      'unknown' in elasticsearch
        ? `not known which: ${elasticsearch.unknown}`
        : `${elasticsearch.version ?? ''} cluster ${elasticsearch.name}, UUID ${elasticsearch.uuid}`.trim(),
    trust: trust && { ...trust, operators },
  };
}
