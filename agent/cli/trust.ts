import { Command } from 'commander';
import split2 from 'split2';
import { addTrust } from '../verify/index.ts';

interface AddOptions {
  trust: string;
  replace?: boolean;
}

const usageError = 2;

/** `auditseal trust add`: what an auditor keeps outside Elasticsearch. */
export function trustCommand(): Command {
  const command = new Command('trust').description(
    'keep the trust file: from which key on each log is believed',
  );
  command
    .command('add')
    .description('add a log’s key (a vkey, as the agent prints it at its start) to a trust file')
    .argument('<vkey...>', 'one or more vkeys; - reads them from standard input, one a line')
    .requiredOption('--trust <file>', 'the trust file; made if there is none')
    .option('--replace', 'replace the key of a log that the file has already')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : usageError))
    .action(async (arguments_: string[], options: AddOptions) => {
      try {
        await add(arguments_, options);
      } catch (error) {
        process.stderr.write(
          `auditseal trust add: ${error instanceof Error ? error.message : String(error)}\n`,
        );
        process.exitCode = usageError;
      }
    });
  return command;
}

async function add(given: readonly string[], { trust, replace }: AddOptions): Promise<void> {
  const vkeys: string[] = [];
  for (const vkey of given) {
    if (vkey === '-') vkeys.push(...(await readLines(process.stdin)));
    else vkeys.push(vkey);
  }
  for (const { name, vkey, outcome } of await addTrust(trust, vkeys, replace === true))
    process.stdout.write(`${name}: ${outcome}: ${vkey}\n`);
}

async function readLines(input: NodeJS.ReadableStream): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of input.pipe(split2())) {
    const text = String(line).trim();
    if (text !== '') lines.push(text);
  }
  return lines;
}
