import type { Command } from 'commander';
import { newCommand } from '../command.ts';
import { addConnection } from '../connection.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { keep } from './keep.ts';
import type { KeepOptions } from './keep.ts';

/** `auditseal checkpoint`, for whoever wants to bound what can be rewritten later, without a witness. */
export function defineCheckpoint(terminal: Terminal): Command {
  const command = newCommand('checkpoint', terminal).description(
    'write the newest checkpoint of each log, to be kept where nobody can change it',
  );
  addConnection(command, {
    config: 'take the connection and the namespace from an agent’s configuration',
    apiKey: 'file with an API key that may read the records',
    username: 'user name, with --password-file',
  });
  return command
    .option('--out <file>', 'where it is written; must not be there yet (default: standard output)')
    .addHelpText('after', help)
    .action(async (options: KeepOptions) => await keep(options, terminal));
}

const help = `
Keep it in a mail, a ticket, Git, or storage that is written once. Whoever has it can tell later whether anything
before it was changed, even by somebody who has stolen the log's key:
  $ auditseal verify --config auditseal.yaml --trust trust.json --checkpoint kept.txt

Exit codes:
  0  written
  2  not written: no access, no record, any error
  78 options or configuration

Example:
  $ auditseal checkpoint --config auditseal.yaml --out kept.txt`;
