import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { newCommand } from '../command.ts';
import { addConnection } from '../connection.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { timeHelp } from '../terminal/time.ts';
import { verify } from './verify.ts';
import type { VerifyOptions } from './verify.ts';

/** `auditseal verify`, as an auditor calls it; read access to both streams is all that it needs. */
export function defineVerify(terminal: Terminal): Command {
  const command = newCommand('verify', terminal, exitCode.failed).description(
    'check that the events in Elasticsearch are what the agents sealed: none changed, missing or added',
  );
  addConnection(command, {
    config: 'take the connection and the namespace from an agent’s configuration',
    apiKey: 'file with an API key that may read both streams',
    username: 'user name, with --password-file',
  });
  for (const option of command.options)
    if (option.long === '--namespace') {
      option.description += '; may be given several times';
      option.argParser((value, before: string[] | undefined) => [...new Set([...(before ?? []), value])]);
    }
  return command
    .option(
      '--trust <file>',
      'trust file, kept outside Elasticsearch; without it the keys come from the log itself',
    )
    .option('--since <time>', `check from then on: ${timeHelp}`)
    .option('--until <time>', 'check up to then, a day to its end: as --since')
    .option('--from-birth', 'a log that began after --since is judged from there on, which the verdict says')
    .option('--now <time>', 'judge as of this time instead of now: as --since')
    .option('--events-min <count>', 'could not check (2) if fewer events are there as sealed', count)
    .option(
      '--parallel <count>',
      `read so many logs (nodes and sources) beside one another, 1 to ${readersMax}; each takes memory of its own`,
      readers,
    )
    .option(
      '--resume <file>',
      'keep in this file what was read, and go on from there after an interruption; the verdict says when each part was read',
    )
    .option(
      '--verdict-api-key-file <file>',
      'write the verdict to logs-auditseal.verify-<namespace>, with this key (create_doc there is enough)',
    )
    .option(
      '--known <file>',
      'a verdict that somebody has looked at (what --json printed, or its document in Elasticsearch): say how many findings are new since',
    )
    .option(
      '--checkpoint <file>',
      'checkpoints that were kept elsewhere (auditseal checkpoint): say what was rewritten since; may be given several times',
      add,
    )
    .option(
      '--witness <vkey>',
      'a witness: say up to where its cosignatures fix the history; may be given several times',
      add,
    )
    .option('--quorum <count>', 'how many of the witnesses must have cosigned (default: all)', count)
    .option(
      '--report <file>',
      'write the report to this file, too, which must not be there yet, and its digest to <file>.sha256',
    )
    .option('--json', 'one JSON object a line: the workpaper, each finding, the summary')
    .addHelpText('after', help)
    .action(async (options: VerifyOptions) => await verify(options, terminal));
}

const help = `
Exit codes:
  0  verified: nothing is wrong
  1  tampered: events or records were changed, removed or added
  3  not proven complete: a gap, a silence, an early end, an unknown key
  2  could not check: no access, no record at all, a wrong option, any error
  4  verified, but the verdict or the report could not be written (--verdict-api-key-file, --report)

Example:
  $ auditseal verify --url https://elasticsearch:9200 --api-key-file key --trust trust.json --since 26h`;

/** More than a few searches at once are a burden for the cluster that everybody else writes to. */
const readersMax = 16;

function readers(value: string): number {
  const number = /^\d{1,2}$/u.test(value) ? Number(value) : 0;
  if (number >= 1 && number <= readersMax) return number;
  throw new InvalidArgumentError(`It must be a number from 1 to ${readersMax}.`);
}

function add(value: string, before: string[] | undefined): string[] {
  return [...new Set([...(before ?? []), value])];
}

function count(value: string): number {
  if (/^\d{1,15}$/u.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a number of events.');
}
