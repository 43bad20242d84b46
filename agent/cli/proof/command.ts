import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { newCommand } from '../command.ts';
import { addConnection } from '../connection.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { makeFolder } from './make-folder.ts';
import type { ProofOptions } from './make-folder.ts';

/** `auditseal proof`, for whoever has to show an event to somebody who trusts neither us nor Elasticsearch. */
export function defineProof(terminal: Terminal): Command {
  const command = newCommand('proof', terminal).description(
    'write a folder that proves single events to somebody else, who checks it offline',
  );
  addConnection(command, {
    config: 'take the connection and the namespace from an agent’s configuration',
    apiKey: 'file with an API key that may read both streams',
    username: 'user name, with --password-file',
  });
  return command
    .option('--id <event-id>', 'event.id or _id of an event; may be given several times', add)
    .option(
      '--audit-id <id>',
      'Audit-ID of a request, of which all stages are taken; may be given several times',
      add,
    )
    .addOption(new Option('--batch <number>', 'all events of a batch').argParser(batchNumber))
    .option(
      '--log <origin>',
      'with --batch: the log, as verify prints it; needed where there is more than one',
    )
    .requiredOption('--out <folder>', 'where it is written; made if it is not there, and must be empty')
    .option(
      '--trust <file>',
      'trust file, kept outside Elasticsearch, from whose keys on the chain is written',
    )
    .option('--json', 'one JSON object')
    .addHelpText('after', help)
    .action(async (options: ProofOptions) => await makeFolder(options, terminal));
}

function add(value: string, before: string[] | undefined): string[] {
  if (value === '') throw new InvalidArgumentError('It must not be empty.');
  return [...(before ?? []), value];
}

function batchNumber(value: string): number {
  if (!/^\d{1,15}$/u.test(value)) throw new InvalidArgumentError('It must be the number of a batch.');
  return Number(value);
}

const help = `
Exit codes:
  0  written
  3  not written: the log's key does not follow from the trust file
  2  not written: no access, nothing by this name, no record of it yet, not what was sealed, any error
  78 options or configuration

Example:
  $ auditseal proof --config auditseal.yaml --trust trust.json --id 6714e799b149b4da-000000000476 --out proof
  $ auditseal check --trust trust.json proof`;
