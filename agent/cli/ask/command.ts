import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { newCommand } from '../command.ts';
import { addConnection } from '../connection.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { timeHelp } from '../terminal/time.ts';
import { ask } from './ask.ts';
import type { AskOptions } from './ask.ts';

/** `auditseal ask`: the ready questions of docs/queries.md, by their numbers. */
export function defineAsk(terminal: Terminal): Command {
  const command = newCommand('ask', terminal)
    .description('ask one of the ready questions of docs/queries.md; without a number: list them')
    .argument('[number]', 'of the question', numberOf)
    .argument('[values...]', 'what it needs, as USER=alice NAMESPACE=prod');
  return addConnection(command, {
    config: 'take the connection and the namespace from an agent’s configuration',
    apiKey: 'file with an API key that may read the stream that is asked',
    username: 'user name, with --password-file',
  })
    .option('--since <time>', `from then on: ${timeHelp}`)
    .option('--until <time>', 'up to then, a day to its end: as --since')
    .option('--limit <rows>', 'rows that are shown, 0 for all (default: 100; with --json all)', rowsOf)
    .option('--json', 'one JSON object a row')
    .addHelpText('after', help)
    .action(
      async (number: number | undefined, values: string[], options: AskOptions) =>
        await ask(number, values, options, terminal),
    );
}

function numberOf(value: string): number {
  if (!/^\d{1,3}$/u.test(value)) throw new InvalidArgumentError('It must be the number of a question.');
  return Number(value);
}

function rowsOf(value: string): number {
  if (!/^\d{1,6}$/u.test(value)) throw new InvalidArgumentError('It must be a number of rows.');
  return Number(value);
}

const help = `
Exit codes:
  0   answered, also where nothing was found
  3   answered, but there are more rows than are read
  2   could not ask: no access, no stream, any error
  78  options or configuration

Examples:
  $ auditseal ask
  $ auditseal ask 3 --url https://elasticsearch:9200 --api-key-file key --since 4w
  $ auditseal ask 4 ROLE=cluster-admin --config auditseal.yaml --since 2026-11-01 --until 2026-11-30

What it counts are events, which are stages of requests; auditseal who counts requests.`;
