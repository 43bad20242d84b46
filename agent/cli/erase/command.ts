import type { Command } from 'commander';
import { newCommand } from '../command.ts';
import { addConnection } from '../connection.ts';
import { pseudonymKeyHelp } from '../pseudonym-keys.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { timeHelp } from '../terminal/time.ts';
import { add } from '../who/options.ts';
import { erasePerson } from './erase.ts';
import type { EraseCommandOptions } from './erase.ts';

/** `auditseal erase`: takes a person's events away, and signs that it was done. */
export function defineErase(terminal: Terminal): Command {
  const command = newCommand('erase', terminal).description(
    'delete the events of a person, and sign that they were erased, so that verify does not call them missing',
  );
  return addConnection(command, {
    config: 'take the connection and the namespace from an agent’s configuration',
    apiKey: 'file with an API key that may delete events; the agents’ may not (docs/operations.md)',
    username: 'user name, with --password-file',
  })
    .requiredOption(
      '--user <name>',
      'who authenticated, or in whose name he acted; may be given several times',
      add,
    )
    .option('--pseudonym-key-file <file>', pseudonymKeyHelp, add)
    .requiredOption(
      '--why <text>',
      'for whoever reads the report, for as long as the records are kept: not the name',
    )
    .option('--since <time>', `from then on: ${timeHelp}`)
    .option('--until <time>', 'up to then, a day to its end: as --since')
    .option('--key <file>', 'the private key of an eraser (auditseal statement key); with --yes')
    .option('--yes', 'sign and delete; without it nothing is done but to show what would be')
    .option('--json', 'one JSON object a line: each log, then the summary')
    .addHelpText('after', help)
    .action(async (options: EraseCommandOptions) => await erasePerson(options, terminal));
}

const help = `
Without --yes it shows how many events of which logs would go. With --yes it signs first and deletes then: after a
crash the same command goes on. What is not as it was sealed is left alone.

Exit codes:
  0   erased, or there was nothing to erase
  3   only shown (no --yes), or something is left that names the person: a line with ATTENTION says what
  2   refused or failed: what was signed stays signed, run the same command again
  78  options, key or configuration

Example:
  $ auditseal erase --user alice --why 'request 4711 of 2026-12-01' --key eraser.key --yes --config erase.yaml`;
