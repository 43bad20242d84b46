import type { Command } from 'commander';
import { ConfigError, configText } from '../../config/index.ts';
import { ignoreEnvironment } from '../../elasticsearch/index.ts';
import { newCommand, runCommand } from '../command.ts';
import { loadSetup } from '../load.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printableError } from '../terminal/text.ts';
import { fileProblems } from './files.ts';

/**
 * `auditseal validate`: exit 0 and the effective configuration, or 78 and every wrong key. What the files of this machine
 * show in addition are warnings, because it may run on another machine than the agent; with `--strict` they are errors.
 */
export function defineValidate(terminal: Terminal): Command {
  return newCommand('validate', terminal)
    .description('check the configuration, its policy and files, and print it with all defaults')
    .option('-c, --config <file>', 'configuration file', '/etc/auditseal/auditseal.yaml')
    .option('--strict', 'warnings of files (log, keys, CA) are errors')
    .action(async ({ config: file, strict }: { config: string; strict?: true }) => {
      await runCommand({ name: 'validate' }, terminal, async () => {
        const { config, policy } = await loadSetup(file);
        const problems = await fileProblems(config);
        if (strict && problems.length > 0) throw new ConfigError(file, problems);
        const { urls, proxy } = config.elasticsearch;
        const ignored = ignoreEnvironment({ ...process.env }, proxy === undefined ? urls : [...urls, proxy]);
        for (const problem of problems) terminal.error(`warning: ${printableError(problem)}\n`);
        for (const warning of ignored) terminal.error(`warning: ${warning}\n`);
        const { ruleNames } = policy.parsed;
        terminal.out(`${configText(config)}# policy: ${ruleNames.length} rules: ${ruleNames.join(', ')}\n`);
      });
    });
}
