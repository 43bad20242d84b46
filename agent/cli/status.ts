import { Command } from 'commander';
import { ConfigError, exitBadConfig, loadConfig } from '../config/index.ts';
import { readStatus, StoreError, type SourceStatus } from '../store/index.ts';

/** `auditseal status`: what the state folder says, beside a running agent or without one. Exit 1 if it cannot be read. */
export function statusCommand(): Command {
  return new Command('status')
    .description('show from the state folder what was read, dropped, sealed and shipped, and what waits')
    .option('-c, --config <file>', 'configuration file', '/etc/auditseal/auditseal.yaml')
    .option('--state-dir <folder>', 'state folder, instead of the configuration’s')
    .option('--json', 'one JSON object a source')
    .action(async ({ config, stateDir, json }: { config: string; stateDir?: string; json?: true }) => {
      try {
        const { sources } = readStatus(stateDir ?? (await loadConfig(config)).stateDir);
        for (const source of sources)
          process.stdout.write(json ? `${JSON.stringify(source)}\n` : describe(source));
      } catch (error) {
        if (!(error instanceof ConfigError) && !(error instanceof StoreError)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = error instanceof ConfigError ? exitBadConfig : 1;
      }
    });
}

function describe(status: SourceStatus): string {
  const { read, pieces, dropped, sealedEvents, waitingEvents, waitingBatches, waitingBytes, sealedBatches } =
    status;
  const rows: [string, string][] = [
    ['log', status.origin],
    ['verifier key', status.vkey],
    ['read', `${read} lines${pieces > 0 ? `, and ${pieces} split off` : ''}`],
    ['dropped', `${dropped} by policy`],
    ['sealed', `${sealedEvents} events in ${sealedBatches} batches, newest ${status.sealedAt ?? 'none'}`],
    ['shipped', `${sealedEvents - waitingEvents} events`],
    [
      'waiting',
      `${waitingEvents} events in ${waitingBatches} batches, ${waitingBytes} bytes${status.newestWaiting === null ? '' : `, newest ${status.newestWaiting}`}`,
    ],
    ['refused', String(status.refused)],
    ['gaps', String(status.gaps)],
  ];
  return `${status.source}\n${rows.map(([name, value]) => `  ${name.padEnd(13)}${value}\n`).join('')}`;
}
