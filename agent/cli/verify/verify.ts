import { messageOf } from '../../error.ts';
import { jsonLine, printable } from '../../json/index.ts';
import { FindingSample, sampleMax, VerifyError } from '../../verify/index.ts';
import type { Progress } from '../../verify/index.ts';
import { runCommand } from '../command.ts';
import type { CommandContext, Failure } from '../command.ts';
import { connectionOf } from '../connection.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printableError } from '../terminal/text.ts';
import { timeRangeOf } from '../terminal/time.ts';
import { check } from './check.ts';
import type { CheckOptions, CheckResult } from './check.ts';
import { ReportFile } from './report-file.ts';
import { describeProgress } from './report.ts';
import { VerdictWriter } from './verdict.ts';

/** The exit codes of several verifications, the one that speaks for all of them first. */
const precedence = [1, exitCode.failed, 3, exitCode.unwritten, exitCode.done];

export interface VerifyOptions extends Omit<CheckOptions, 'namespace'> {
  namespace?: string[];
  verdictApiKeyFile?: string;
  report?: string;
}

/** Verifies, prints it and writes the verdict. docs/seal-format.md §8.5: no access, a usage error, any exception is 2. */
export async function verify(options: VerifyOptions, terminal: Terminal): Promise<void> {
  let read: Progress = { records: 0, notes: 0, documents: 0 };
  const onProgress = (progress: Progress) => (read = progress);
  let report: ReportFile | undefined;
  const printed = () => report?.beside(terminal) ?? terminal;
  const onFailure = ({ why }: Failure) => {
    const summary = { verdict: 'could not check', exitCode: exitCode.failed, obstacle: why };
    if (options.json) printed().out(jsonLine({ type: 'summary', ...summary }));
    else report?.write(`verdict: could not check: ${printable(why)}\n`);
  };
  const settings = {
    name: 'verify',
    failure: 'could not check',
    usage: exitCode.failed,
    progress: () => describeProgress(read),
    onFailure,
  };
  await runCommand(settings, terminal, async (context) => {
    report = options.report === undefined ? undefined : ReportFile.create(options.report);
    const code = await verifyAll(context).catch((error: unknown) => context.fail(error).exitCode);
    const lost = report?.close();
    if (lost === undefined) return code;
    terminal.error(`auditseal verify: ${printableError(lost)}\n`);
    return code === exitCode.done ? exitCode.unwritten : code;
  });

  async function verifyAll(context: CommandContext): Promise<number> {
    const { namespace: namespaces, ...rest } = options;
    if (options.resume !== undefined && (namespaces?.length ?? 0) > 1)
      throw new VerifyError(
        'usage',
        '--resume: is of one namespace: verify one after the other, each with a file of its own',
      );
    const codes: number[] = [];
    for (const one of namespaces?.map((namespace) => ({ ...rest, namespace })) ?? [rest])
      codes.push(await verifyOne(one, namespaces ?? [], context));
    return precedence.find((code) => codes.includes(code)) ?? exitCode.failed;
  }

  async function verifyOne(
    one: OneNamespace,
    alsoRead: readonly string[],
    context: CommandContext,
  ): Promise<number> {
    const startedAt = new Date();
    const sample = new FindingSample(sampleMax);
    const verdicts = await verdictsOf(one);
    const watch = { sample, signal: context.signal, onProgress, alsoRead };
    const result = await check(one, printed(), watch).catch((error: unknown) => unable(one, context, error));
    if (!verdicts) return result.exitCode;
    const found = { sample: sample.list(), identities: sample.identities() };
    const verification = { ...result, startedAt, endedAt: new Date(), ...found };
    return await announce(verdicts, verification, terminal);
  }
}

/** The options, for one of the namespaces. */
type OneNamespace = CheckOptions & Pick<VerifyOptions, 'verdictApiKeyFile'>;

/** Writes the verdict; undefined without `--verdict-api-key-file`. Throws ConfigError and ElasticsearchError `settings`. */
async function verdictsOf(options: OneNamespace): Promise<VerdictWriter | undefined> {
  const { verdictApiKeyFile: apiKeyFile, username: _, passwordFile: __, ...others } = options;
  if (apiKeyFile === undefined) return undefined;
  const { settings, namespace } = await connectionOf({ ...others, apiKeyFile });
  return await VerdictWriter.create({ settings, namespace, apiKeyFile });
}

/** The result of a verification that could not be finished; it becomes a verdict as any other. */
function unable(options: OneNamespace, { fail }: CommandContext, error: unknown): CheckResult {
  const { why } = fail(error);
  return {
    verdict: 'could not check',
    exitCode: exitCode.failed,
    message: `could not check: ${why}`,
    time: askedFor(options),
    summary: undefined,
    known: undefined,
  };
}

/** The time range of a verification that could not be finished; undefined as well where the options are wrong. */
function askedFor(options: OneNamespace): CheckResult['time'] {
  try {
    return timeRangeOf(options, new Date());
  } catch {
    return undefined;
  }
}

/** Writes the verdict; resolves with the exit code. If writing fails, that is 4 in place of 0; other codes stay. */
async function announce(
  verdicts: VerdictWriter,
  verification: Parameters<VerdictWriter['write']>[0],
  terminal: Terminal,
): Promise<number> {
  try {
    await verdicts.write(verification);
    return verification.exitCode;
  } catch (error) {
    const why = printableError(messageOf(error));
    terminal.error(`auditseal verify: the verdict could not be written: ${why}\n`);
    return verification.exitCode === exitCode.done ? exitCode.unwritten : verification.exitCode;
  }
}
