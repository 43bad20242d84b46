import type { Command } from 'commander';
import { newCommand } from '../command.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { run } from './run.ts';

/** `auditseal run`, as the DaemonSet calls it. */
export function defineRun(terminal: Terminal): Command {
  return newCommand('run', terminal)
    .description('tail the audit logs of this node, seal them and ship them, until SIGTERM')
    .option('-c, --config <file>', 'configuration file', '/etc/auditseal/auditseal.yaml')
    .action(async ({ config }: { config: string }) => await run(config, terminal));
}
