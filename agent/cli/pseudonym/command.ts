import type { Command } from 'commander';
import { ConfigError } from '../../config/index.ts';
import { jsonLine, printable } from '../../json/index.ts';
import { makePseudonymKey, pseudonymOf } from '../../pseudonym/index.ts';
import type { Pseudonyms } from '../../pseudonym/index.ts';
import { newCommand, runCommand } from '../command.ts';
import { pseudonymKeyHelp, pseudonymsOf } from '../pseudonym-keys.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { add } from '../who/options.ts';

interface PseudonymOptions {
  pseudonymKeyFile?: string[];
  makeKey?: string;
  json?: boolean;
}

/** `auditseal pseudonym`: by what a person goes in Elasticsearch. */
export function definePseudonym(terminal: Terminal): Command {
  return newCommand('pseudonym', terminal)
    .description('print the pseudonym of a user, an e-mail address or a public address, to search by')
    .argument('[name...]', 'names as Kubernetes has them, with their prefix if they have one')
    .option('--pseudonym-key-file <file>', pseudonymKeyHelp, add)
    .option('--make-key <file>', 'make a key instead: 32 random bytes in hex, mode 0600')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', help)
    .action(async (names: string[], options: PseudonymOptions) => {
      await runCommand({ name: 'pseudonym' }, terminal, async () => {
        if (options.makeKey !== undefined) await make(options.makeKey, terminal, options);
        else await print(names, terminal, options);
      });
    });
}

async function make(file: string, terminal: Terminal, { json }: PseudonymOptions): Promise<void> {
  const { id } = await makePseudonymKey(file);
  if (json) terminal.out(jsonLine({ type: 'key', file, keyId: id }));
  else terminal.out(`${file}: made, key id ${id}\n`);
  terminal.error(
    'Keep a copy where the log is not: without it nobody of the events under it can be named or found.\n',
  );
}

async function print(names: readonly string[], terminal: Terminal, options: PseudonymOptions): Promise<void> {
  const keys = await pseudonymsOf(options.pseudonymKeyFile);
  const problems = [
    ...(keys.length === 0 ? ['--pseudonym-key-file: give the file with the key'] : []),
    ...(names.length === 0 ? ['name: give at least one'] : []),
  ];
  if (problems.length > 0) throw new ConfigError('options', problems);
  for (const name of names) for (const key of keys) terminal.out(lineOf(name, key, options));
  for (const name of names)
    if (keys.every((key) => pseudonymOf(name, key) === name))
      terminal.error(`${printable(name)}: no person and no public address: it stays as it is\n`);
}

function lineOf(name: string, key: Pseudonyms, { json }: PseudonymOptions): string {
  const pseudonym = pseudonymOf(name, key);
  const { id: keyId } = key.key;
  if (json) return jsonLine({ type: 'pseudonym', name, pseudonym, isKept: pseudonym === name, keyId });
  return `${printable(pseudonym)}\n`;
}

const help = `
Exit codes:
  0   done
  78  options, or a key file that cannot be used

Examples:
  $ auditseal pseudonym --make-key pseudonym-key
  $ auditseal pseudonym alice --pseudonym-key-file pseudonym-key
  $ auditseal who --config auditseal.yaml --user alice --pseudonym-key-file pseudonym-key`;
