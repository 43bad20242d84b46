import { jsonLine, printable } from '../../json/index.ts';
import { checkProof, readFolder } from '../../proof/index.ts';
import type { Checked, CheckedEvent } from '../../proof/index.ts';
import { readTrust } from '../../trust/index.ts';
import { wordsOf } from '../../verify/index.ts';
import { runCommand } from '../command.ts';
import type { Failure } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { count } from '../terminal/text.ts';

export interface CheckOptions {
  trust?: string;
  json?: boolean;
}

/** Events that are printed of a proof of several. */
const eventsShown = 20;

/** Reads a folder, judges and prints. */
export async function check(folder: string, options: CheckOptions, terminal: Terminal): Promise<void> {
  const onFailure = ({ why, exitCode: code }: Failure) => {
    if (options.json)
      terminal.out(jsonLine({ type: 'check', verdict: 'could not check', exitCode: code, message: why }));
  };
  await runCommand({ name: 'check', failure: 'could not check', onFailure }, terminal, async () => {
    const trust = options.trust === undefined ? undefined : await readTrust(options.trust);
    const checked = checkProof(await readFolder(folder), trust);
    const code = codeOf(checked);
    if (options.json) terminal.out(jsonLine({ type: 'check', exitCode: code, ...objectOf(checked) }));
    else terminal.out(`${linesOf(checked, options.trust).map(printable).join('\n')}\n`);
    return code;
  });
}

function codeOf({ problems, trusted }: Checked): number {
  if (problems.length > 0) return exitCode.tampered;
  return trusted ? exitCode.done : exitCode.unsure;
}

const verdicts: Readonly<Record<number, string>> = {
  [exitCode.done]: 'proved',
  [exitCode.tampered]: 'refused',
  [exitCode.unsure]:
    'not proved: no trust file was given, and whoever made the folder may have made up the key',
};

function objectOf(checked: Checked): object {
  const { events, problems, starts, trusted } = checked;
  const isProved = problems.length === 0;
  return {
    verdict: verdicts[codeOf(checked)],
    trusted,
    starts,
    problems,
    events: isProved ? events.map(({ id, origin, index }) => ({ id, origin, index })) : [],
  };
}

function linesOf(checked: Checked, trustFile: string | undefined): string[] {
  const { events, problems, starts } = checked;
  const verdict = `verdict: ${verdicts[codeOf(checked)]}`;
  if (problems.length > 0)
    return [...problems.map(({ file, problem }) => `does not fit: ${file}: ${problem}`), verdict];
  const more = events.length - eventsShown;
  return [
    ...events.slice(0, eventsShown).map(lineOf),
    ...(more > 0 ? [`and ${count(more)} more events`] : []),
    ...starts.map((start) => `key: ${start}`),
    `keys: ${trustFile === undefined ? 'taken from the folder itself' : `from ${trustFile}, and what its keys name`}`,
    verdict,
  ];
}

/** The entry is what was sealed, so that this is the agent's word. */
function lineOf({ id, origin, entry }: CheckedEvent): string {
  const { time, user, verb, object } = wordsOf({ index: '', id, source: entry });
  return `event: ${id} of ${origin}: at ${time ?? 'no time'}, ${user ?? 'nobody'}, ${verb ?? 'no verb'}, ${object ?? 'nothing'}`;
}
