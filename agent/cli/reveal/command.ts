import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import split2 from 'split2';
import { ConfigError, loadConfig } from '../../config/index.ts';
import { Directories } from '../../directory/index.ts';
import { messageOf } from '../../error.ts';
import { jsonLine, printable } from '../../json/index.ts';
import { candidatesMax, keyIdOf, pseudonymIn, Revealer, sizeOf } from '../../pseudonym/index.ts';
import { newCommand, runCommand } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { pseudonymKeyHelp, pseudonymsOf } from '../pseudonym-keys.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { count } from '../terminal/text.ts';
import { add } from '../who/options.ts';

interface RevealOptions {
  pseudonymKeyFile?: string[];
  names?: string[];
  name?: string[];
  addresses?: string[];
  directories?: string;
  json?: boolean;
}

/** `auditseal reveal`: who a pseudonym stands for, among candidates. */
export function defineReveal(terminal: Terminal): Command {
  return newCommand('reveal', terminal)
    .description('find out who a pseudonym stands for by trying candidates: it cannot be turned back')
    .argument('<pseudonym...>', 'as they stand in Elasticsearch')
    .option('--pseudonym-key-file <file>', pseudonymKeyHelp, add)
    .option(
      '--names <file>',
      'candidates: names and e-mail addresses, one a line; may be given several times',
      add,
    )
    .option('--name <name>', 'one candidate; may be given several times', add)
    .option('--addresses <range>', 'candidates: 203.0.113.0/24; may be given several times', add)
    .option(
      '--directories <file>',
      'candidates: all that the directories of this configuration say of people (docs/identity.md)',
    )
    .option('--json', 'one JSON object a line: each pseudonym, then the summary')
    .addHelpText('after', help)
    .action(async (pseudonyms: string[], options: RevealOptions) => {
      await runCommand(
        { name: 'reveal' },
        terminal,
        async ({ signal }) => await reveal(pseudonyms, options, terminal, signal),
      );
    });
}

async function reveal(
  given: readonly string[],
  options: RevealOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { names = [], name = [], addresses = [] } = options;
  const keys = await pseudonymsOf(options.pseudonymKeyFile);
  const problems = problemsOf(given, options);
  if (problems.length > 0) throw new ConfigError('options', problems);
  const wanted = [...new Set(given.map((text) => pseudonymIn(text)!))];
  const revealer = new Revealer(wanted, keys);
  for (const one of name) revealer.try(one);
  for (const file of names) await tryFile(revealer, file, signal);
  if (options.directories !== undefined) await tryDirectories(revealer, options.directories, signal);
  for (const range of addresses) if (!revealer.isDone) await revealer.tryRange(range, signal);
  const ids = new Set(keys.map(({ key }) => key.id));
  for (const pseudonym of wanted) {
    const found = revealer.found.get(pseudonym) ?? null;
    const keyId = keyIdOf(pseudonym)!;
    const why = ids.has(keyId) ? 'no candidate is it' : `made with the key ${keyId}, which was not given`;
    if (options.json)
      terminal.out(
        jsonLine({ type: 'pseudonym', pseudonym, name: found, keyId, ...(found === null && { why }) }),
      );
    else terminal.out(`${pseudonym}  ${found === null ? `unknown: ${why}` : printable(found)}\n`);
  }
  const unknown = wanted.length - revealer.found.size;
  const code = unknown === 0 ? exitCode.done : exitCode.unsure;
  if (options.json)
    terminal.out(jsonLine({ type: 'summary', revealed: revealer.found.size, unknown, exitCode: code }));
  return code;
}

function problemsOf(given: readonly string[], options: RevealOptions): string[] {
  const { pseudonymKeyFile = [], names = [], name = [], addresses = [] } = options;
  const problems = given
    .filter((text) => pseudonymIn(text) === undefined)
    .map(
      (text) =>
        `${printable(text)}: is no pseudonym: those begin with pseudonym.user., pseudonym.email. or 2001:db8:`,
    );
  if (pseudonymKeyFile.length === 0) problems.push('--pseudonym-key-file: give the file with the key');
  if (names.length + name.length + addresses.length === 0 && options.directories === undefined)
    problems.push(
      '--names, --name, --directories or --addresses: give candidates: a keyed hash cannot be turned back',
    );
  for (const range of addresses)
    if (sizeOf(range) === undefined)
      problems.push(`--addresses: ${printable(range)} is no address and no range as 203.0.113.0/24`);
  const candidates = addresses.reduce((sum, range) => sum + (sizeOf(range) ?? 0), 0);
  if (candidates > candidatesMax)
    problems.push(
      `--addresses: more than ${count(candidatesMax)} addresses: ask for parts of them, one after the other`,
    );
  return problems;
}

async function tryFile(revealer: Revealer, file: string, signal: AbortSignal): Promise<void> {
  try {
    const lines = createReadStream(file, { signal }).pipe(
      split2({ maxLength: 64 * 1024 }),
    ) as AsyncIterable<string>;
    for await (const line of lines) if (line.trim() !== '') revealer.try(line.trim());
  } catch (cause) {
    signal.throwIfAborted();
    throw new ConfigError('options', [`--names: ${file} cannot be read: ${messageOf(cause)}`], { cause });
  }
}

/** Names, and what else is said: with pseudonyms a full name or a manager has one, too. */
async function tryDirectories(revealer: Revealer, file: string, signal: AbortSignal): Promise<void> {
  const { identity } = await loadConfig(file);
  if (identity.directories.length === 0)
    throw new ConfigError(file, ['identity.directories: is empty: there are no candidates in it']);
  const directories = new Directories({ settings: identity.directories, now: () => new Date() });
  for (const refreshed of await directories.refresh(signal))
    if (refreshed.outcome === 'failed') throw refreshed.error;
  for (const { entries } of directories.all)
    for (const { names, fields } of entries)
      for (const candidate of [...names, ...Object.values(fields)]) revealer.try(candidate);
}

const help = `
Exit codes:
  0   all are known now
  3   some stay unknown: none of the candidates, or another key
  78  options, or a file that cannot be used

Example:
  $ auditseal reveal pseudonym.user.1a2b.0123456789abcdef 2001:db8:1a2b:1:2:3:4:5 --pseudonym-key-file pseudonym-key \\
      --names names.txt --addresses 203.0.113.0/24`;
