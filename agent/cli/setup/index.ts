import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { messageOf } from '../../error.ts';
import { ConfigError, exitBadConfig } from '../../config/index.ts';
import { createClient, ElasticsearchError } from '../../elasticsearch/index.ts';
import { Conversation, setUp, SetupError } from '../../setup/index.ts';
import { checkKibana, installObjects, Kibana, KibanaError } from '../../kibana/index.ts';
import { usageEndsWith } from '../exit.ts';
import { addConnection } from '../connection.ts';
import { addKibana } from './kibana.ts';
import type { Output } from '../output.ts';
import { wishesOf, type SetupCommandOptions } from './options.ts';
import { printable } from '../../json/index.ts';
import { printableError } from '../terminal/text.ts';

/** `auditseal setup`, as an administrator of Elasticsearch calls it, once and after upgrades. */
export function setupCommand(run: (options: SetupCommandOptions) => Promise<void>): Command {
  const command = new Command('setup').description(
    'prepare Elasticsearch: templates, retention, data streams, a role, and an API key that may only create documents; and Kibana: data views, saved searches, dashboards',
  );
  addConnection(command, {
    config: 'take connection, namespace and retention from an agent’s configuration',
    apiKey: 'file with an administrator’s API key; it cannot make keys: --no-key',
    username: 'an administrator, with --password-file',
  });
  return addKibana(command)
    .option('--retention-days <days>', 'how long events are kept (default: 400)', days)
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
    .exitOverride(usageEndsWith())
    .addHelpText('after', help)
    .action(run);
}

const help = `
Exit codes:
  0   done, or nothing was to be done
  1   refused or failed: standard error says why and what to do
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

/** Resolves with the exit code and never rejects. */
export async function setup(options: SetupCommandOptions, { out, error: complain }: Output): Promise<number> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  try {
    await prepare(options, { out, error: complain }, stop.signal);
    return 0;
  } catch (error) {
    const why = messageOf(error);
    complain(`auditseal setup: ${stop.signal.aborted ? 'stopped before the end' : printableError(why)}\n`);
    const byUser =
      error instanceof ConfigError || (error instanceof ElasticsearchError && error.code === 'settings');
    const known = [ElasticsearchError, SetupError, KibanaError].some((kind) => error instanceof kind);
    if (!byUser && !known && error instanceof Error) complain(`${printableError(String(error.stack))}\n`);
    return byUser ? exitBadConfig : 1;
  } finally {
    process.removeListener('SIGINT', abort).removeListener('SIGTERM', abort);
  }
}

async function prepare(options: SetupCommandOptions, output: Output, signal: AbortSignal): Promise<void> {
  const { settings, what, kibana: kibanaSettings } = await wishesOf(options);
  const client = await createClient(settings);
  const dryRun = options.dryRun === true;
  const say = (text: string) => output.out(`${text.split('\n').map(printable).join('\n')}\n`);
  const unnamed = options.printKey === true || (options.key && options.outputKeyFile === undefined);
  const folder = unnamed ? await mkdtemp(join(tmpdir(), 'auditseal-setup-')) : undefined;
  const keyFile = folder === undefined ? what.keyFile : join(folder, 'key');
  const { username: _user, passwordFile: _password, ...connection } = settings;
  const connect = (file: string) => createClient({ ...connection, apiKeyFile: resolve(file) });
  try {
    // Reads files, so that one that is not there is told before anything is changed.
    const kibana = kibanaSettings && (await Kibana.create(kibanaSettings, signal));
    const conversation = new Conversation({ client, dryRun, say, signal });
    const warnings = await setUp(conversation, { ...what, keyFile, connect });
    const warn = (warning: string) => output.error(`warning: ${printableError(warning)}\n`);
    for (const warning of warnings) warn(warning);
    if (folder !== undefined && !dryRun) say(await readFile(join(folder, 'key'), 'utf8'));
    else if (keyFile !== undefined && !dryRun) say(nextSteps(keyFile, what.lookupKeyFile));
    // Last: agents need none of it, and must not go without their templates and key because Kibana is away.
    if (!kibana) return;
    const found = await checkKibana(kibana, kibanaSettings?.space);
    await installObjects(kibana, found, { namespace: what.namespace, dryRun, say, warn });
  } finally {
    await client.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

function nextSteps(keyFile: string, lookupKeyFile: string | undefined): string {
  const lookup = lookupKeyFile === undefined ? '' : `\n    lookupApiKeyFile: ${lookupKeyFile}`;
  return `In the agent's configuration:\n  elasticsearch:\n    apiKeyFile: ${keyFile}${lookup}\n    installTemplates: false`;
}
