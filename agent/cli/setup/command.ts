import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { newCommand, runCommand } from '../command.ts';
import { addConnection } from '../connection.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { addKibana } from './kibana.ts';
import type { SetupCommandOptions } from './options.ts';
import { prepare } from './prepare.ts';

/** `auditseal setup`, as an administrator of Elasticsearch calls it, once and after upgrades. */
export function defineSetup(terminal: Terminal): Command {
  const command = newCommand('setup', terminal).description(
    'prepare Elasticsearch: templates, retention, data streams, a role, and an API key that may only create documents; and Kibana: data views, saved searches, dashboards',
  );
  addConnection(command, {
    config: 'take connection, namespace and retention from an agent’s configuration',
    apiKey: 'file with an administrator’s API key; it cannot make keys: --no-key',
    username: 'an administrator, with --password-file',
  });
  return addKibana(command)
    .option('--retention-days <days>', 'how long events are kept (default: 400)', days)
    .option(
      '--trust <file>',
      'whose statements may shorten the retention of what is sealed: the auditor’s trust file',
    )
    .addOption(
      new Option('--codec <name>', 'how documents are compressed (default: best_compression)').choices([
        'best_compression',
        'default',
      ]),
    )
    .option('--dry-run', 'print every request that would change something, and send none')
    .option('--output-key-file <file>', 'where the agent’s key goes, mode 0600')
    .option('--print-key', 'print the agent’s key instead')
    .option('--no-key', 'make no key')
    .option('--with-lookup-key <file>', 'make a key that may only read, too (lookupApiKeyFile, verify)')
    .option(
      '--with-verdict-key <file>',
      'make a key that may only create verdicts, too (verify --verdict-api-key-file)',
    )
    .option('--expiration <time>', 'the keys expire after this time, 90d (default: never)', expiration)
    .option('--rotate-key', 'make new keys although there are some; the old ones stay valid')
    .option('--revoke-old', 'with --rotate-key: make the old ones invalid at once')
    .addHelpText('after', help)
    .action(async (options: SetupCommandOptions) => {
      await runCommand(
        { name: 'setup' },
        terminal,
        async ({ signal }) => await prepare(options, terminal, signal),
      );
    });
}

const help = `
Exit codes:
  0   done, or nothing was to be done
  2   refused or failed: standard error says why and what to do
  78  options or configuration

Example:
  $ auditseal setup --url https://elasticsearch:9200 --ca-file ca.pem --username elastic --password-file password \\
      --output-key-file api-key`;

function days(value: string): number {
  if (!/^[1-9]\d{0,4}$/u.test(value)) throw new InvalidArgumentError('It must be a number of days.');
  return Number(value);
}

function expiration(value: string): string {
  if (!/^[1-9]\d{0,4}[dhm]$/u.test(value))
    throw new InvalidArgumentError('It must be a time like 90d or 12h.');
  return value;
}
