import { Command } from 'commander';
import { ConfigError, configText, exitBadConfig } from '../../config/index.ts';
import { usageEndsWith } from '../exit.ts';
import { loadSetup } from './load.ts';
import { printableError } from '../terminal/text.ts';

/** `auditseal validate`: exit 0 and the effective configuration, or 78 and every wrong key. */
export function validateCommand(): Command {
  return new Command('validate')
    .description('check the configuration and its policy, and print them with all defaults')
    .exitOverride(usageEndsWith())
    .option('-c, --config <file>', 'configuration file', '/etc/auditseal/auditseal.yaml')
    .action(async ({ config: file }: { config: string }) => {
      try {
        const { config, policy } = await loadSetup(file);
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
