import type { Command } from 'commander';
import { loadConfig } from '../../config/index.ts';
import { jsonLine } from '../../json/index.ts';
import { readStatus } from '../../store/index.ts';
import { newCommand, runCommand } from '../command.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { describeStatus } from './report.ts';

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
    .action(async (options: StatusOptions) => {
      await runCommand({ name: 'status' }, terminal, async () => await showStatus(options, terminal));
    });
}

async function showStatus({ config, stateDir, json }: StatusOptions, terminal: Terminal): Promise<void> {
  const settings = stateDir === undefined ? await loadConfig(config) : undefined;
  const status = readStatus(stateDir ?? settings?.stateDir ?? '');
  const { sources, running, freeBytes } = status;
  if (json) for (const source of sources) terminal.out(jsonLine({ ...source, running, freeBytes }));
  else terminal.out(describeStatus(status, settings, new Date()));
}
