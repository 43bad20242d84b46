import type { Command } from 'commander';
import { loadConfig } from '../../config/index.ts';
import { jsonLine } from '../../json/index.ts';
import { parseObservation } from '../../observe/index.ts';
import { readStatus } from '../../store/index.ts';
import { newCommand, runCommand } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { attentions, describeStatus } from './report.ts';

interface StatusOptions {
  config: string;
  stateDir?: string;
  json?: true;
}

/** `auditseal status`: what the state folder says, beside a running agent or without one. */
export function defineStatus(terminal: Terminal): Command {
  return newCommand('status', terminal)
    .description(
      'show from the state folder what was read, dropped, sealed and shipped, what waits, and what is wrong',
    )
    .option('-c, --config <file>', 'configuration file', '/etc/auditseal/auditseal.yaml')
    .option('--state-dir <folder>', 'state folder, instead of the configuration’s')
    .option('--json', 'one JSON object a source')
    .addHelpText('after', help)
    .action(async (options: StatusOptions) => {
      await runCommand({ name: 'status' }, terminal, async () => await showStatus(options, terminal));
    });
}

const help = `
Exit codes:
  0   nothing needs attention
  3   a line with ATTENTION says what does (in --json: attention)
  2   the state folder cannot be read
  78  options or configuration`;

async function showStatus({ config, stateDir, json }: StatusOptions, terminal: Terminal): Promise<number> {
  const settings = stateDir === undefined ? await loadConfig(config) : undefined;
  const status = readStatus(stateDir ?? settings?.stateDir ?? '');
  const { sources, running, freeBytes } = status;
  const now = new Date();
  const attention = sources.map((source) => attentions(source, settings, now));
  if (json)
    for (const [i, { observed, ...source }] of sources.entries())
      terminal.out(
        jsonLine({
          ...source,
          observed: parseObservation(observed),
          attention: attention[i],
          running,
          freeBytes,
        }),
      );
  else terminal.out(describeStatus(status, settings, now));
  return attention.every((found) => found.length === 0) ? exitCode.done : exitCode.unsure;
}
