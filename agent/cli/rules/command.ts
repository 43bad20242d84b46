import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import { ConfigError } from '../../config/index.ts';
import { builtInRules, DetectError, loadRules, parseRules, severities } from '../../detect/index.ts';
import type { Rule, RuleSet, Severity } from '../../detect/index.ts';
import { fileBytesMax, InputError, readTextFile } from '../../input/index.ts';
import { jsonLine } from '../../json/index.ts';
import { newCommand, runCommand } from '../command.ts';
import { tableLines } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printableError } from '../terminal/text.ts';
import { ruleLines } from './show.ts';
import { tryOut } from './try-out.ts';

interface Options {
  rules?: string;
  severity?: Severity;
  json?: true;
}

const withRules = () =>
  new Option(
    '--rules <file>',
    'with the rules of this file beside the built-in ones, or in place of those with the same id',
  );

/** `auditseal rules`: what detection looks for, and what it would find. */
export function defineRules(terminal: Terminal): Command {
  const command = newCommand('rules', terminal).description(
    'list the rules of detection, check your own, and try them on a recorded audit log',
  );
  const subcommand = (name: string, about: string) =>
    command.command(name).description(about).addOption(withRules());
  const run = async (name: string, work: () => Promise<void>) =>
    await runCommand({ name: `rules ${name}` }, terminal, work);

  subcommand('list', 'all rules: id, severity, the least audit level at which each can fire, and title')
    .option('--json', 'as JSON, a rule a line')
    .action(async ({ rules: file, json }: Options) => {
      await run('list', async () => {
        const { rules } = await ruleSetOf(file);
        if (json) for (const { text } of rules) terminal.out(jsonLine(text));
        else for (const line of tableLines(tableOf(rules), rules.length)) terminal.out(`${line}\n`);
      });
    });
  subcommand('show', 'one rule: its condition, what to look at next, and what it finds wrongly')
    .argument('<id>', 'its id, as the list has it')
    .action(async (id: string, { rules: file }: Options) => {
      await run('show', async () => {
        const { rules } = await ruleSetOf(file);
        const rule = rules.find(({ text }) => text.id === id);
        if (rule === undefined)
          throw new ConfigError('rules', [`there is no rule ${id}; auditseal rules list shows all`]);
        for (const line of ruleLines(rule.text)) terminal.out(`${line}\n`);
      });
    });
  subcommand('test', 'ask all rules of the events of a recorded audit log, and print what they find')
    .addArgument(new Argument('<file>', 'audit.log or a rotated one, plain or .gz'))
    .addOption(
      new Option('--severity <severity>', 'only rules of this severity or above').choices(
        Object.keys(severities),
      ),
    )
    .option('--json', 'as JSON, an event a line')
    .action(async (log: string, { rules: file, severity = 'low', json }: Options) => {
      await run('test', async () => {
        const { rules } = await ruleSetOf(file);
        const asked = rules.filter(({ text }) => severities[text.severity] >= severities[severity]);
        await tryOut(log, asked, terminal, json === true);
      });
    });
  command
    .command('check')
    .description('check a file of rules: exit 0, or 78 with each mistake and where it is')
    .argument('<file>', 'a file of rules, as detection.rulesFile names one')
    .action(async (file: string) => {
      await run('check', async () => {
        const rules = await usable(file, (text) => parseRules(text, file));
        const known = new Set(builtInRules().map(({ text }) => text.id));
        const replaced = rules.filter(({ text }) => known.has(text.id)).map(({ text }) => text.id);
        terminal.out(`${rules.length} rules can be used\n`);
        if (replaced.length > 0) terminal.out(`in place of built-in ones: ${replaced.join(', ')}\n`);
      });
    });
  return command;
}

function tableOf(rules: readonly Rule[]) {
  return {
    columns: [
      { heading: 'rule' },
      { heading: 'severity' },
      { heading: 'needs' },
      { heading: 'looks for', widthMax: 90 },
    ],
    rows: rules.map(({ text: { id, severity, needs, title } }) => [id, severity, needs, title]),
  };
}

async function ruleSetOf(file: string | undefined): Promise<RuleSet> {
  if (file === undefined) return loadRules();
  return await usable(file, (text) => loadRules({ own: { name: file, text } }));
}

/** What is made of a file's text. Throws ConfigError if it cannot be. */
async function usable<Made>(file: string, make: (text: string) => Made): Promise<Made> {
  try {
    return make(await readTextFile(file, fileBytesMax.settings));
  } catch (cause) {
    if (cause instanceof InputError) throw new ConfigError('rules', [`${file} ${cause.message}`], { cause });
    if (cause instanceof DetectError)
      throw new ConfigError('rules', [printableError(cause.message)], { cause });
    throw cause;
  }
}
