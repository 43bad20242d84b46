import { Command, Option } from 'commander';
import split2 from 'split2';
import { messageOf } from '../../error.ts';
import { addOperators, addTrust, type AddedKey } from '../../trust/index.ts';
import { usageEndsWith } from '../exit.ts';
import { printableError } from '../terminal/text.ts';

interface AddOptions {
  trust: string;
  replace?: boolean;
  beside?: boolean;
}

const usageError = 2;

/** `auditseal trust`: what an auditor keeps outside Elasticsearch. */
export function trustCommand(): Command {
  const command = new Command('trust')
    .description('keep the trust file: from which key on each log is believed, and whose statements')
    .exitOverride(usageEndsWith(usageError));
  command
    .command('add')
    .description('add a log’s key (a vkey, as the agent prints it at its start) to a trust file')
    .argument('<vkey...>', 'one or more vkeys; - reads them from standard input, one a line')
    .requiredOption('--trust <file>', 'the trust file; made if there is none')
    .addOption(
      new Option('--replace', 'replace the key of a log that the file has already').conflicts('beside'),
    )
    .option('--beside', 'trust it beside the keys that the log has: of an epoch that nothing links to them')
    .exitOverride(usageEndsWith(usageError))
    .action(async (given: string[], { trust, replace, beside }: AddOptions) => {
      const held = replace ? 'replace' : beside ? 'beside' : 'refuse';
      await saying('add', async () => await addTrust(trust, await vkeysOf(given), held));
    });
  command
    .command('operator')
    .description('believe the statements of an operator (a vkey, as `auditseal statement key` prints it)')
    .argument('<vkey...>', 'one or more vkeys; - reads them from standard input, one a line')
    .requiredOption('--trust <file>', 'the trust file; made if there is none')
    .exitOverride(usageEndsWith(usageError))
    .action(async (given: string[], { trust }: AddOptions) => {
      await saying('operator', async () => await addOperators(trust, await vkeysOf(given)));
    });
  return command;
}

async function saying(name: string, add: () => Promise<AddedKey[]>): Promise<void> {
  try {
    for (const { name: log, vkey, outcome } of await add())
      process.stdout.write(`${log}: ${outcome}: ${vkey}\n`);
  } catch (error) {
    const why = messageOf(error);
    process.stderr.write(`auditseal trust ${name}: ${printableError(why)}\n`);
    process.exitCode = usageError;
  }
}

async function vkeysOf(given: readonly string[]): Promise<string[]> {
  const vkeys: string[] = [];
  for (const vkey of given) {
    if (vkey === '-') vkeys.push(...(await readLines(process.stdin)));
    else vkeys.push(vkey);
  }
  return vkeys;
}

async function readLines(input: NodeJS.ReadableStream): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of input.pipe(split2())) {
    const text = String(line).trim();
    if (text !== '') lines.push(text);
  }
  return lines;
}
