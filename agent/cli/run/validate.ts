import { Command } from 'commander';
import { ConfigError, configText, exitBadConfig } from '../../config/index.ts';
import { usageEndsWith } from '../exit.ts';
import { loadSetup } from './load.ts';
import { printableError } from '../terminal/text.ts';
import { fileProblems } from './files.ts';

/**
 * `auditseal validate`: exit 0 and the effective configuration, or 78 and every wrong key. What the files of this machine show
 * beside that are warnings, since it may be called on another than the agent's; errors with `--strict`.
 */
export function validateCommand(): Command {
  return new Command('validate')
    .description('check the configuration, its policy and files, and print it with all defaults')
    .exitOverride(usageEndsWith())
    .option('-c, --config <file>', 'configuration file', '/etc/auditseal/auditseal.yaml')
    .option('--strict', 'warnings of files (log, keys, CA) and of keys in plain text are errors')
    .action(async ({ config: file, strict }: { config: string; strict?: true }) => {
      try {
        const { config, policy } = await loadSetup(file);
        const problems = await fileProblems(config);
        if (strict && problems.length > 0) throw new ConfigError(file, problems);
        for (const problem of problems) process.stderr.write(`warning: ${printableError(problem)}\n`);
        process.stdout.write(configText(config));
        process.stdout.write(
          `# policy: ${policy.parsed.ruleNames.length} rules: ${policy.parsed.ruleNames.join(', ')}\n`,
        );
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        process.stderr.write(`${printableError(error.message)}\n`);
        process.exitCode = exitBadConfig;
      }
    });
}
