import { runCommand } from './command.ts';
import type { CommandResult } from './command.ts';
import { DemoError } from './error.ts';
import type { Tampering } from './tampering.ts';

/** It takes a few seconds. */
const verifyMillisecondsMax = 120_000;

/** What an auditor has: where Elasticsearch is, and a trust file that he keeps elsewhere. */
export interface Auditor {
  url: string;
  namespace: string;
  trustFile: string;
}

/** Puts the log's key, which the agent says when it makes it, into a trust file. */
export async function trust({ trustFile }: Auditor, vkey: string, signal: AbortSignal): Promise<void> {
  const { exitCode, stderr } = await runCommand(['trust', 'add', '--trust', trustFile, vkey], signal);
  if (exitCode !== 0) throw new DemoError('verifier', `auditseal trust add: exit ${exitCode}: ${stderr}`);
}

/** Throws DemoError `verifier` if it takes far longer than it may. */
export async function verify(
  { url, namespace, trustFile }: Auditor,
  signal: AbortSignal,
): Promise<CommandResult> {
  const limit = AbortSignal.timeout(verifyMillisecondsMax);
  const parameters = ['verify', '--url', url, '--namespace', namespace, '--trust', trustFile];
  try {
    return await runCommand(parameters, AbortSignal.any([signal, limit]));
  } catch (cause) {
    if (signal.aborted || !limit.aborted) throw cause;
    throw new DemoError('verifier', `auditseal verify did not end in ${verifyMillisecondsMax} ms`, { cause });
  }
}

/** Throws DemoError `verifier` unless the verifier was content. */
export function demandVerified(result: CommandResult): void {
  if (result.exitCode !== 0) throw wrong('the verifier should have found nothing', result);
}

/** Throws DemoError `verifier` unless the verifier named these, each in its way, and nothing else. */
export function demandFindings(result: CommandResult, tamperings: Tampering[]): void {
  const found = findingLines(result.stdout);
  const named = tamperings.every(
    ({ finding, eventId }) =>
      found.filter((line) => line.startsWith(`${finding}: `) && idIn(line) === eventId).length === 1,
  );
  if (result.exitCode !== 1 || !named || found.length !== tamperings.length)
    throw wrong(
      `the verifier should have named exactly ${tamperings.map(({ id }) => id).join(' and ')}`,
      result,
    );
}

/** What was run, as one would type it. */
export function trustLine({ trustFile }: Auditor, vkey: string): string {
  return `$ auditseal trust add --trust ${trustFile} '${vkey}'`;
}

export function commandLine({ url, namespace, trustFile }: Auditor): string {
  return `$ auditseal verify --url ${url} --namespace ${namespace} --trust ${trustFile}`;
}

export function outputLines({ stdout, exitCode }: CommandResult): string[] {
  return [...stdout.trimEnd().split('\n'), `exit ${exitCode}`];
}

/** One a line, below the workpaper and an empty line, above `checked: …`; what is said of each is indented. */
function findingLines(stdout: string): string[] {
  const lines = stdout.split('\n');
  const end = lines.findIndex((line) => line.startsWith('checked: '));
  return lines.slice(lines.indexOf('') + 1, end).filter((line) => !line.startsWith('  '));
}

function idIn(line: string): string | undefined {
  return /, id (\S+)/u.exec(line)?.[1];
}

function wrong(what: string, { exitCode, stdout, stderr }: CommandResult): DemoError {
  return new DemoError('verifier', `${what}, but it ended with ${exitCode}:\n${stdout}${stderr}`);
}
