import type { Command } from 'commander';
import { ConfigError } from '../../config/index.ts';
import { apiserverRules, Census, ourRules, suggestionsOf } from '../../noise/index.ts';
import { newCommand, runCommand } from '../command.ts';
import { loadPolicyFor } from '../load.ts';
import { readLines, withRotated } from '../log-lines.ts';
import { ProgressLine } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { count, megabytes } from '../terminal/text.ts';
import { jsonReport, textReport } from './report.ts';

interface NoiseOptions {
  config?: string;
  rotated?: true;
  top: number;
  rules: number;
  json?: true;
  apiserver?: true;
}

/** `auditseal noise`: what makes a log big. Reads files and nothing else; exit 0, or 2 for a file that cannot be read. */
export function defineNoise(terminal: Terminal): Command {
  return newCommand('noise', terminal)
    .description(
      'show what makes an audit log big, what the policy in force would keep, and rules that would save more',
    )
    .argument('<file...>', 'audit logs, plain or .gz; - is standard input')
    .option('-c, --config <file>', 'configuration with the policy in force; default: the default policy')
    .option('--rotated', 'also the rotated files beside each log')
    .option('--top <rows>', 'rows of each table', rowsOf, 10)
    .option('--rules <count>', 'how many rules are suggested', rowsOf, 5)
    .option('--apiserver', "print only the rules, for the apiserver's own policy, where a drop saves more")
    .option('--json', 'one JSON object')
    .action(async (files: string[], options: NoiseOptions) => await noise(files, options, terminal));
}

async function noise(files: string[], options: NoiseOptions, terminal: Terminal): Promise<void> {
  const progress = new ProgressLine(process.stderr);
  let bytes = 0;
  const said = () => `${megabytes(bytes)} read`;
  await runCommand({ name: 'noise', progress: said }, terminal, async ({ signal }) => {
    const policy = await loadPolicyFor(options.config);
    const census = new Census(policy);
    const read = options.rotated ? await withRotated(files) : files;
    try {
      await readLines(read, (line) => census.take(line), {
        signal,
        onBytes: (more) => {
          bytes += more;
          progress.show(() => `${said()}, ${count(census.all.events)} events`);
        },
      });
    } finally {
      progress.clear();
    }
    const suggestions = suggestionsOf(census.groups.all(), options.rules);
    if (options.apiserver) terminal.out(apiserverRules(suggestions));
    else if (options.json) terminal.out(jsonReport(census, suggestions, options.top));
    else terminal.out(textReport(census, suggestions, options.top, ourRules(suggestions)));
  });
}

function rowsOf(text: string): number {
  const rows = Number(text);
  if (!Number.isInteger(rows) || rows < 0 || rows > 10_000)
    throw new ConfigError('--top, --rules', ['must be a number from 0 to 10000']);
  return rows;
}
