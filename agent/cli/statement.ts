import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command, InvalidArgumentError } from 'commander';
import { ConfigError, exitBadConfig } from '../config/index.ts';
import {
  openNote,
  parseStatement,
  parseVerifierKey,
  SealError,
  signNote,
  statementText,
  type Statement,
  type VerifierKey,
} from '../seal/index.ts';
import { makeOperatorKey, readOperatorKey, VerifyError } from '../verify/index.ts';
import { usageEndsWith } from './exit.ts';
import { addConnection, type ConnectionOptions } from './connection.ts';
import { printStatement, sendStatement, type SignedStatement } from './statement-send.ts';
import { printableError } from './text.ts';
import { parseTime } from './time.ts';

interface MakeOptions extends ConnectionOptions {
  log: string;
  why: string;
  key: string;
  at?: string;
  first?: number;
  last?: number;
  print?: boolean;
}

interface SendOptions extends ConnectionOptions {
  vkey: string;
}

/** Where it prints, and what becomes of the exit code. */
export interface StatementOutput {
  out: (text: string) => void;
  error: (text: string) => void;
  exit: (code: number) => void;
}

/** `auditseal statement`: what an operator signs, so that what is known does not stay red for ever. */
export function statementCommand(output: StatementOutput): Command {
  const command = new Command('statement')
    .description(
      'sign that something is known: a node was retired, a gap or an unlinked epoch was looked into',
    )
    .exitOverride(usageEndsWith());
  command
    .command('key')
    .description('make an operator’s key pair; prints the vkey for the trust file')
    .requiredOption('--out <file>', 'where the private key goes, mode 0600')
    .option('--name <name>', 'who signs, as reports will say', 'operator')
    .exitOverride(usageEndsWith())
    .action(
      async ({ out, name }: { out: string; name: string }) =>
        await saying(output, () => makeKey(output, out, name)),
    );
  addMaking(command.command('retire'), output, '<cluster/node/source>', 'retire')
    .description('the log of a (cluster, node, source) ends, on purpose: it no longer “ends early”')
    .addHelpText('after', help);
  addMaking(command.command('acknowledge'), output, '<origin>', 'acknowledge')
    .description(
      'gaps, silence or contradictions of some batches are known; or, without numbers, an unlinked epoch',
    )
    .option('--first <batch>', 'the first of the batches', batchNumber)
    .option('--last <batch>', 'the last of the batches, included', batchNumber)
    .addHelpText('after', help);
  addConnection(command.command('send'), wanted)
    .description('send a statement that was signed elsewhere (--print)')
    .argument('<note>', 'file with the note; - for standard input')
    .requiredOption('--vkey <vkey>', 'the operator’s')
    .exitOverride(usageEndsWith())
    .action(
      async (file: string, options: SendOptions) =>
        await saying(output, async () => {
          await sendStatement(await signedElsewhere(file, options.vkey), options, output);
        }),
    );
  return command;
}

const help = `
What it does is shown, then it is sent; sending the same again changes nothing. Nothing takes a statement back but
taking its operator out of the trust file.

Exit codes:
  0   done, or it was there already
  1   refused or failed: standard error says why
  78  options, key or configuration

Example:
  $ auditseal statement retire --log prod/cp-1/kube-apiserver --why 'replaced by cp-4' --key operator.key \\
      --url https://elasticsearch:9200 --api-key-file api-key`;

const wanted = {
  config: 'take the connection and the namespace from an agent’s configuration',
  apiKey: 'file with an API key that may create documents in the record stream; the agents’ is one',
  username: 'user name, with --password-file',
};

function addMaking(command: Command, output: StatementOutput, log: string, kind: Statement['kind']): Command {
  return addConnection(
    command
      .requiredOption(`--log ${log}`, 'what it is about')
      .requiredOption('--why <text>', 'for whoever reads the report: what happened, and who knows')
      .requiredOption('--key <file>', 'the operator’s private key (auditseal statement key)')
      .option('--at <time>', 'as of when: RFC 3339, or as long ago as 2h (default: now)')
      .option('--print', 'write the note to standard output, and send nothing'),
    wanted,
  )
    .exitOverride(usageEndsWith())
    .action(
      async (options: MakeOptions) => await saying(output, async () => await make(kind, options, output)),
    );
}

function batchNumber(value: string): number {
  const number = Number(value);
  if (/^\d+$/u.test(value) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('It must be a batch number.');
}

async function saying(output: StatementOutput, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    output.error(`auditseal statement: ${printableError(why)}\n`);
    const byUser =
      error instanceof ConfigError ||
      error instanceof VerifyError ||
      error instanceof SealError ||
      (error instanceof Error && 'code' in error && error.code === 'settings');
    output.exit(byUser ? exitBadConfig : 1);
  }
}

async function makeKey(output: StatementOutput, file: string, name: string): Promise<void> {
  const vkey = await makeOperatorKey(file, name);
  output.out(`${vkey}\n`);
  output.error(
    `The private key is in ${file}: keep it off the cluster and out of Elasticsearch. Believe it where you verify:\n` +
      `  auditseal trust operator --trust trust.json '${vkey}'\n`,
  );
}

async function make(kind: Statement['kind'], options: MakeOptions, output: StatementOutput): Promise<void> {
  const now = new Date();
  const statement = statementOf(kind, options, now);
  // Before the key is touched: it is checked as a verifier will.
  const said = statementText(statement);
  const key = await readOperatorKey(options.key);
  const signed = { note: signNote(said, key), text: said, statement, key: key.verifier };
  const isLocal = options.print === true || (options.url === undefined && options.config === undefined);
  if (isLocal) printStatement(signed, output);
  else await sendStatement(signed, options, output);
}

/** Throws VerifyError `usage` and SealError `bad-statement`. */
function statementOf(kind: Statement['kind'], options: MakeOptions, now: Date): Statement {
  const { log, why, first, last } = options;
  const at = new Date(options.at === undefined ? now : parseTime('--at', options.at, now));
  if (at.getTime() > now.getTime() + 60_000)
    throw new VerifyError('usage', `--at: ${at.toISOString()} is in the future: nobody can know yet`);
  if (why.trim() === '') throw new VerifyError('usage', '--why: it must say why');
  const common = { log, at: at.toISOString(), why };
  if (kind === 'retire') return { kind, ...common };
  if ((first === undefined) !== (last === undefined))
    throw new VerifyError('usage', '--first and --last: give both, or none for an unlinked epoch');
  return { kind, ...common, ...(first !== undefined && last !== undefined && { batches: { first, last } }) };
}

async function signedElsewhere(file: string, vkey: string): Promise<SignedStatement> {
  const key: VerifierKey = parseVerifierKey(vkey);
  const note = file === '-' ? await text(process.stdin) : await readNote(file);
  const said = openNote(note, key);
  return { note, text: said, statement: parseStatement(said), key };
}

async function readNote(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new VerifyError('usage', `the note ${file} cannot be read: ${String(cause)}`, { cause });
  });
}
