import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { isIP } from 'node:net';
import { newCommand, runCommand } from '../command.ts';
import { addConnection } from '../connection.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { checkSignature } from './check-signature.ts';
import { timeHelp } from '../terminal/time.ts';
import { make } from './make.ts';
import type { ReportOptions } from './make.ts';

/** `auditseal report`, as an auditor calls it; read access to both streams is all that it needs. */
export function defineReport(terminal: Terminal): Command {
  const command = newCommand('report', terminal).description(
    'write a report for auditors: one HTML file with the verdict, what was recorded, who did what, and how each number came about',
  );
  // "check" has a --trust of its own.
  command.enablePositionalOptions();
  addConnection(command, {
    config: 'take the connection and the namespace from an agent’s configuration',
    apiKey: 'file with an API key that may read both streams',
    username: 'user name, with --password-file',
  })
    .option('--since <time>', `from then on: ${timeHelp}`)
    .option('--until <time>', 'up to then (default: now)')
    .option('--out <file>', 'the report, which must not be there yet; its digest goes to <file>.sha256')
    .option('--json', 'write the same numbers beside it, as JSON')
    .option(
      '--trust <file>',
      'trust file, kept outside Elasticsearch; without it the keys come from the log itself',
    )
    .option('--from-birth', 'a log that began after --since is judged from there on, which the verdict says')
    .option(
      '--checkpoint <file>',
      'checkpoints that were kept elsewhere (auditseal checkpoint); may be given several times',
      add,
    )
    .option('--witness <vkey>', 'a witness whose cosignatures count; may be given several times', add)
    .option('--quorum <count>', 'how many of the witnesses must have cosigned (default: all)', witnesses)
    .option('--parallel <count>', 'verify so many logs beside one another, 1 to 16', readers)
    .option('--rows <count>', 'rows that a table lists, the latest first', rows, 50)
    .option(
      '--usual <range>',
      'addresses that service accounts are used from, CIDR; may be given several times (default: private ranges)',
      range,
    )
    .option('--sign-key <file>', 'sign the digests with this operator’s key, to <file>.note')
    .addHelpText('after', help)
    .action(async (options: ReportOptions) => {
      let step = '';
      const settings = { name: 'report', failure: 'no report', progress: () => step };
      await runCommand(settings, terminal, async ({ signal }) =>
        make(options, terminal, { signal, onStep: (reached) => (step = reached) }),
      );
    });
  command
    .command('check')
    .description('check that a report is what an operator of the trust file signed')
    .argument('<file>', 'the report; its signature is in <file>.note')
    .requiredOption('--trust <file>', 'trust file that names the operator')
    .action(
      async (file: string, { trust }: { trust: string }) =>
        await runCommand(
          { name: 'report check' },
          terminal,
          async () => await checkSignature(file, trust, terminal),
        ),
    );
  return command;
}

const help = `
Exit codes are those of the verdict, as of auditseal verify over the same time; the report is written in each case:
  0   verified
  1   tampered
  3   not proven complete; or a table says what is not sure; of check: not as signed
  2   could not check, or no report could be made
  78  options, trust file or configuration

Example:
  $ auditseal report --url https://elasticsearch:9200 --api-key-file key --trust trust.json \\
      --since 2026-07-01 --until 2026-09-30 --out report.html --json`;

function add(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function witnesses(value: string): number {
  if (/^[1-9]\d{0,3}$/u.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a number of witnesses.');
}

function readers(value: string): number {
  const number = /^\d{1,2}$/u.test(value) ? Number(value) : 0;
  if (number >= 1 && number <= 16) return number;
  throw new InvalidArgumentError('It must be a number from 1 to 16.');
}

/** Larger tables are what `auditseal who` is for. */
const rowsMax = 5000;

function rows(value: string): number {
  const number = /^\d{1,4}$/u.test(value) ? Number(value) : 0;
  if (number >= 1 && number <= rowsMax) return number;
  throw new InvalidArgumentError(`It must be a number of rows from 1 to ${rowsMax}.`);
}

function range(value: string, before: string[] | undefined): string[] {
  const [address = '', bits = '', ...more] = value.split('/');
  const version = isIP(address);
  const isBits = /^\d{1,3}$/u.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
  if (version === 0 || !isBits || more.length > 0)
    throw new InvalidArgumentError('It must be a range of addresses, as 10.0.0.0/8.');
  return [...(before ?? []), value];
}
