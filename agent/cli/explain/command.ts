import type { Command } from 'commander';
import { jsonLine, printable } from '../../json/index.ts';
import { newCommand, runCommand } from '../command.ts';
import { loadExplained } from '../load.ts';
import { readLines, withRotated } from '../log-lines.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { explainLine } from './explain.ts';
import type { Explained } from './explain.ts';

interface ExplainOptions {
  config?: string;
  rotated?: true;
  json?: true;
}

/** `auditseal explain`: what the agent would do with each line, and why. Exit 0, or 2 for a file that cannot be read. */
export function defineExplain(terminal: Terminal): Command {
  return newCommand('explain', terminal)
    .description(
      'show of each event which rule decides, which condition of the rules before did not hold, and what would be redacted',
    )
    .argument('<file...>', 'audit logs, plain or .gz; - is standard input')
    .option(
      '-c, --config <file>',
      'configuration with the policy in force and redaction; default: the defaults',
    )
    .option('--rotated', 'also the rotated files beside each log')
    .option('--json', 'one JSON object a line')
    .action(async (files: string[], options: ExplainOptions) => {
      await runCommand({ name: 'explain' }, terminal, async ({ signal }) => {
        const by = await loadExplained(options.config);
        let number = 0;
        const print = options.json ? jsonLine : textOfLine;
        const onLine = (line: Buffer) => {
          number += 1;
          if (line.length > 0) terminal.out(print(explainLine(line, number, by)));
        };
        const read = options.rotated ? await withRotated(files) : files;
        await readLines(read, onLine, { signal, onBytes: () => undefined });
      });
    });
}

const actions = {
  drop: 'dropped',
  metadata: 'kept without bodies',
  request: 'kept without the response body',
  keep: 'kept',
} as const;

function textOfLine({ line, event, decision, before, managedFields, redacted }: Explained): string {
  const lines: string[] = [];
  if (event === undefined || decision === undefined) lines.push(`${line}: no audit event; kept as text`);
  else {
    const { stage = '?', verb = '?', user = '(no user)', what } = event;
    lines.push(
      `${line}: ${verb} ${what} by ${user}, ${stage}: ${actions[decision.action]} by ${decision.rule}`,
    );
  }
  for (const { rule, condition, reads } of before)
    lines.push(`    not ${rule}: ${condition} (${reads.join(', ')})`);
  for (const body of managedFields) lines.push(`    cut: managed fields of ${body}`);
  for (const { rule, path } of redacted)
    lines.push(`    redacted by ${rule}: ${path === '' ? 'in the text' : path}`);
  return `${lines.map((text) => printable(text)).join('\n')}\n`;
}
