import { Command } from 'commander';
import { ConfigError, exitBadConfig, loadConfig } from '../../config/index.ts';
import { jsonLine } from '../../json/index.ts';
import { readStatus, StoreError } from '../../store/index.ts';
import { usageEndsWith } from '../exit.ts';
import { describeStatus } from './report.ts';
import { printableError } from '../terminal/text.ts';

/** `auditseal status`: what the state folder says, beside a running agent or without one. Exit 1 if it cannot be read. */
export function statusCommand(): Command {
  return new Command('status')
    .description(
      'show from the state folder what was read, dropped, sealed and shipped, what waits, and what is wrong',
    )
    .exitOverride(usageEndsWith())
    .option('-c, --config <file>', 'configuration file', '/etc/auditseal/auditseal.yaml')
    .option('--state-dir <folder>', 'state folder, instead of the configuration’s')
    .option('--json', 'one JSON object a source')
    .action(async ({ config, stateDir, json }: { config: string; stateDir?: string; json?: true }) => {
      try {
        const settings = stateDir === undefined ? await loadConfig(config) : undefined;
        const status = readStatus(stateDir ?? settings?.stateDir ?? '');
        const { sources, running, freeBytes } = status;
        if (json)
          for (const source of sources) process.stdout.write(jsonLine({ ...source, running, freeBytes }));
        else process.stdout.write(describeStatus(status, settings, new Date()));
      } catch (error) {
        if (!(error instanceof ConfigError) && !(error instanceof StoreError)) throw error;
        process.stderr.write(`${printableError(error.message)}\n`);
        process.exitCode = error instanceof ConfigError ? exitBadConfig : 1;
      }
    });
}
