import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { Statement } from '../../seal/index.ts';
import { newCommand, runCommand } from '../command.ts';
import { addConnection } from '../connection.ts';
import type { ConnectionOptions } from '../connection.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { timeHelp } from '../terminal/time.ts';
import type { MakeOptions } from './options.ts';
import { sendStatement } from './send.ts';
import { make, makeKey, signedElsewhere } from './sign.ts';

interface SendOptions extends ConnectionOptions {
  vkey: string;
}

/** `auditseal statement`: an operator signs that a finding is known, so that it does not stay red for ever. */
export function defineStatement(terminal: Terminal): Command {
  const command = newCommand('statement', terminal).description(
    'sign that something is known: a node was retired, a gap or an unlinked epoch was looked into, events were erased',
  );
  command
    .command('key')
    .description('make an operator’s key pair; prints the vkey for the trust file')
    .requiredOption('--out <file>', 'where the private key goes, mode 0600')
    .option('--name <name>', 'who signs, as reports will say', 'operator')
    .action(
      async ({ out, name }: { out: string; name: string }) =>
        await runCommand({ name: 'statement key' }, terminal, async () => await makeKey(terminal, out, name)),
    );
  addMaking(command.command('retire'), terminal, 'retire')
    .description('a log ends with this batch, on purpose: there it no longer “ends early”')
    .option('--last <batch>', 'the last batch of the log', batchNumber)
    .addHelpText('after', help);
  addMaking(command.command('acknowledge'), terminal, 'acknowledge')
    .description(
      'gaps, silence or contradictions of some batches are known; or, with --after, an unlinked epoch',
    )
    .option('--first <batch>', 'the first of the batches', batchNumber)
    .option('--last <batch>', 'the last of the batches, included; with --after, of that epoch', batchNumber)
    .option('--after <origin>', 'the epoch before the unlinked one')
    .addHelpText('after', help);
  addMaking(command.command('retention'), terminal, 'retention')
    .description(
      'events of some batches may be gone sooner than those say; by a key of the trust file’s erasers',
    )
    .option('--first <batch>', 'the first of the batches', batchNumber)
    .option('--last <batch>', 'the last of the batches, included', batchNumber)
    .option('--days <days>', 'after so many days they may be gone', dayCount)
    .addHelpText('after', help);
  addMaking(command.command('erase'), terminal, 'erase')
    .description('some events were deleted on purpose; by a key of the trust file’s erasers')
    .option('--indexes <list>', 'leaf indexes as auditseal verify prints them: 3,7-9')
    .addHelpText('after', help);
  addConnection(command.command('send'), wanted)
    .description('send a statement that was signed elsewhere (--print)')
    .argument('<note>', 'file with the note; - for standard input')
    .requiredOption('--vkey <vkey>', 'the operator’s')
    .action(
      async (file: string, options: SendOptions) =>
        await runCommand({ name: 'statement send' }, terminal, async () => {
          await sendStatement(await signedElsewhere(file, options.vkey), options, terminal);
        }),
    );
  return command;
}

const help = `
What it does is shown, then it is sent; sending the same again changes nothing. Nothing takes a statement back but
taking its operator out of the trust file.

Exit codes:
  0   done, or it was there already
  2   refused or failed: standard error says why
  78  options, key or configuration

Example:
  $ auditseal statement retire --log prod/cp-1/kube-apiserver/20261123T004438Z --last 812 --why 'replaced by cp-4' \\
      --key operator.key --url https://elasticsearch:9200 --api-key-file api-key

The report of auditseal verify has a line for each log, with its origin and the batch of its newest record.`;

const wanted = {
  config: 'take the connection and the namespace from an agent’s configuration',
  apiKey: 'file with an API key that may create documents in the record stream; the agents’ is one',
  username: 'user name, with --password-file',
};

function addMaking(command: Command, terminal: Terminal, kind: Statement['kind']): Command {
  return addConnection(
    command
      .requiredOption('--log <origin>', 'what it is about: <cluster>/<node>/<source>/<epoch>')
      .requiredOption('--why <text>', 'for whoever reads the report: what happened, and who knows')
      .requiredOption('--key <file>', 'the operator’s private key (auditseal statement key)')
      .option('--at <time>', `as of when: ${timeHelp} (default: now)`)
      .option('--print', 'write the note to standard output, and send nothing'),
    wanted,
  ).action(
    async (options: MakeOptions) =>
      await runCommand(
        { name: `statement ${kind}` },
        terminal,
        async () => await make(kind, options, terminal),
      ),
  );
}

function batchNumber(value: string): number {
  const number = Number(value);
  if (/^\d+$/u.test(value) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('It must be a batch number.');
}

function dayCount(value: string): number {
  if (/^[1-9]\d{0,5}$/u.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a number of days, at least 1.');
}
