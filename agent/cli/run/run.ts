import { runAgent } from '../../agent.ts';
import { ignoreEnvironment } from '../../elasticsearch/index.ts';
import { createLogger } from '../../observe/index.ts';
import { runCommand } from '../command.ts';
import { exitCode, exitCodeOf } from '../exit-code.ts';
import { loadSetup } from '../load.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { agentVersion } from '../version.ts';

export interface RunOptions {
  /** Named points at which a test can stop the process. */
  failpoint?: (name: string) => void;
  /** Default true. False leaves the file system watcher out, which correctness must not rest on. */
  watch?: boolean;
}

/** Runs the agent until SIGTERM or SIGINT. Why it cannot go on is on standard error until there is a log, then in the log. */
export async function run(
  file: string,
  terminal: Terminal,
  { failpoint = () => undefined, watch = true }: RunOptions = {},
): Promise<void> {
  await runCommand({ name: 'run' }, terminal, async ({ signal }) => {
    const setup = await loadSetup(file);
    // The state holds the logs' private keys.
    process.umask(0o077);
    const logger = createLogger(setup.config.logLevel, undefined, setup.config.node);
    const { shutdownSeconds } = setup.config;
    const onStop = () =>
      logger.info(`stopping: what was read is sealed, then shipped for at most ${shutdownSeconds} s`);
    signal.addEventListener('abort', onStop, { once: true });
    const agent = { name: 'auditseal', version: agentVersion };
    const listening = (port: number) => logger.info({ 'server.port': port }, 'metrics and health are served');
    try {
      logger.info({ 'service.version': agentVersion }, 'auditseal starts');
      const { urls, proxy } = setup.config.elasticsearch;
      for (const warning of ignoreEnvironment(process.env, proxy === undefined ? urls : [...urls, proxy]))
        logger.warn(warning);
      await runAgent({ ...setup, logger, agent, now, failpoint, listening, watch }, signal);
      logger.info('auditseal has stopped');
      return exitCode.done;
    } catch (error) {
      logger.fatal({ error }, 'auditseal cannot go on');
      return exitCodeOf(error);
    }
  });
}

function now(): Date {
  return new Date();
}
