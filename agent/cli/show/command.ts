import type { Command } from 'commander';
import { newCommand } from '../command.ts';
import { addConnection } from '../connection.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { show } from './show.ts';
import type { ShowOptions } from './show.ts';

/** `auditseal show`, for whoever follows a finding: read access to both streams is all that it needs. */
export function defineShow(terminal: Terminal): Command {
  const command = newCommand('show', terminal)
    .description('print one event, raw and readable, and whether it is what was sealed')
    .argument('<event-id>', 'event.id or _id of the event, as verify and searches print it');
  addConnection(command, {
    config: 'take the connection and the namespace from an agent’s configuration',
    apiKey: 'file with an API key that may read both streams',
    username: 'user name, with --password-file',
  });
  return command
    .option(
      '--trust <file>',
      'trust file, kept outside Elasticsearch; without it the keys come from the log itself',
    )
    .option('--raw', 'nothing but the bytes of the document, as they are: not for a terminal')
    .option('--json', 'one JSON object')
    .addHelpText('after', help)
    .action(async (id: string, options: ShowOptions) => await show(id, options, terminal));
}

const help = `
Exit codes:
  0  the event is what was sealed
  1  tampered: it was changed or removed, or a document was added in its place
  3  not proven: its record is not there yet, or its key is not trusted
  2  could not check: no access, nothing by this id, gone by its retention, any error
  78 options or configuration

Example:
  $ auditseal show --url https://elasticsearch:9200 --api-key-file key --trust trust.json 6714e799b149b4da-000000000476`;
