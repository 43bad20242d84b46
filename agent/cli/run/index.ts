import { Command } from 'commander';
import { runAgent } from '../../agent.ts';
import { ConfigError, exitBadConfig } from '../../config/index.ts';
import { createLogger } from '../../observe/index.ts';
import { ElasticsearchError } from '../../elasticsearch/index.ts';
import { usageEndsWith } from '../exit.ts';
import { loadSetup } from './load.ts';
import { printableError } from '../terminal/text.ts';
import { agentVersion } from '../version.ts';

/** `auditseal run`, as the DaemonSet calls it. */
export function runCommand(): Command {
  return new Command('run')
    .description('tail the audit logs of this node, seal them and ship them, until SIGTERM')
    .exitOverride(usageEndsWith())
    .option('-c, --config <file>', 'configuration file', '/etc/auditseal/auditseal.yaml')
    .action(async ({ config }: { config: string }) => {
      process.exitCode = await run(config, () => undefined);
    });
}

/**
 * Runs the agent until SIGTERM or SIGINT; resolves with the exit code: 0, 78 (configuration), 1 (see the log).
 * `watch: false` leaves the file system watcher out, which correctness must not rest on.
 */
export async function run(
  file: string,
  failpoint: (name: string) => void,
  { watch = true }: { watch?: boolean } = {},
): Promise<number> {
  const setup = await loadSetup(file).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${printableError(error.message)}\n`);
  });
  if (!setup) return exitBadConfig;
  // The state holds the logs' private keys.
  process.umask(0o077);
  const logger = createLogger(setup.config.logLevel);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info(
        `${signal}: sealing what was read, then shipping for at most ${setup.config.shutdownSeconds} s`,
      );
      stop.abort();
    });
  }
  const agent = { name: 'auditseal', version: agentVersion };
  const listening = (port: number) => logger.info({ 'server.port': port }, 'metrics and health are served');
  try {
    logger.info({ 'service.version': agentVersion }, 'auditseal starts');
    await runAgent(
      { ...setup, logger, agent, now: () => new Date(), failpoint, listening, watch },
      stop.signal,
    );
    logger.info('auditseal has stopped');
    return 0;
  } catch (error) {
    logger.fatal({ error }, 'auditseal cannot go on');
    // A file that the configuration names: the message begins with the key.
    return error instanceof ElasticsearchError && error.code === 'settings' ? exitBadConfig : 1;
  }
}
