import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { ConfigError, elasticsearchDefaults, loadConfig, plaintextHosts } from '../config/index.ts';
import type { Config } from '../config/index.ts';
import { ignoreEnvironment } from '../elasticsearch/index.ts';
import type { ClientSettings, CredentialFiles, TlsTrustSettings } from '../elasticsearch/index.ts';

/** Options of every command that connects to Elasticsearch. */
export interface ConnectionOptions {
  config?: string;
  url?: string[];
  allowPlaintext?: boolean;
  apiKeyFile?: string;
  username?: string;
  passwordFile?: string;
  caFile?: string;
  caFingerprint?: string;
  namespace?: string;
}

/** Help texts of the options that mean something else for each command: what the credentials must allow. */
export interface ConnectionHelp {
  config: string;
  apiKey: string;
  username: string;
}

/** Gives a command the options of {@link ConnectionOptions}; before it runs, it says what of the environment it ignores. */
export function addConnection(command: Command, help: ConnectionHelp): Command {
  return command
    .hook('preAction', (called) => {
      const { config, url, kibanaUrl } = called.opts<ConnectionOptions & { kibanaUrl?: string }>();
      const urls = config === undefined ? [...(url ?? []), ...(kibanaUrl ? [kibanaUrl] : [])] : undefined;
      for (const warning of ignoreEnvironment(process.env, urls))
        called.configureOutput().writeErr?.(`warning: ${warning}\n`);
    })
    .option('-c, --config <file>', help.config)
    .option('--url <url>', 'Elasticsearch; may be given several times', collect)
    .option('--allow-plaintext', 'send credentials to http URLs of other machines, where nobody can listen')
    .option('--api-key-file <file>', help.apiKey)
    .option('--username <name>', help.username)
    .option('--password-file <file>', 'file with the password')
    .option('--ca-file <file>', 'certificate authority of the server, PEM')
    .option(
      '--ca-fingerprint <hex>',
      'instead of --ca-file: SHA-256 of its certificate, or of the server’s',
      hex,
    )
    .option(
      '--namespace <name>',
      `namespace of the data streams (default: ${elasticsearchDefaults.namespace})`,
    );
}

function collect(value: string, before: string[] | undefined): string[] {
  if (!URL.canParse(value)) throw new InvalidArgumentError('It must be a URL.');
  return [...(before ?? []), value];
}

function hex(value: string): string {
  if (/^[\da-f]{64}$/iu.test(value.replaceAll(':', ''))) return value;
  throw new InvalidArgumentError('It must be 64 hex digits, with or without colons.');
}

export interface Connection {
  settings: ClientSettings;
  namespace: string;
  /** The section `elasticsearch` of the configuration file; without a file, its defaults. */
  section: Omit<Config['elasticsearch'], 'urls'>;
}

/**
 * How to connect: options win over the configuration file. Throws ConfigError with everything that is wrong with the options,
 * including the `problems` that the caller has found, and as loadConfig does.
 */
export async function connectionOf(
  options: ConnectionOptions,
  problems: readonly string[] = [],
): Promise<Connection> {
  const file = options.config === undefined ? undefined : (await loadConfig(options.config)).elasticsearch;
  const section = file ?? elasticsearchDefaults;
  const urls = options.url ?? file?.urls;
  const all = [...problemsOf(options), ...problems];
  if (!urls) all.unshift('--url or --config: one of them must say where Elasticsearch is');
  const credentials = credentialsOf(options, section);
  const allowPlaintext = options.allowPlaintext ?? section.allowPlaintext;
  if (urls && !allowPlaintext && (credentials.apiKeyFile ?? credentials.username) !== undefined)
    for (const host of plaintextHosts(urls))
      all.push(
        `--url: ${host} would be sent the credentials in plain text: use https, or --allow-plaintext where nobody can listen`,
      );
  if (!urls || all.length > 0) throw new ConfigError('options', all);
  return {
    settings: {
      urls,
      ...credentials,
      ...trustOf(options, section),
      proxy: section.proxy,
      proxyUsername: section.proxyUsername,
      proxyPasswordFile: section.proxyPasswordFile,
      requestSeconds: section.requestSeconds,
    },
    namespace: options.namespace ?? section.namespace,
    section,
  };
}

function problemsOf(options: ConnectionOptions): string[] {
  const { apiKeyFile, username, passwordFile, caFile, caFingerprint } = options;
  const problems: string[] = [];
  if ((username === undefined) !== (passwordFile === undefined))
    problems.push('--username and --password-file: set both or none');
  if (apiKeyFile !== undefined && (username ?? passwordFile) !== undefined)
    problems.push('--api-key-file: excludes --username and --password-file');
  if (caFile !== undefined && caFingerprint !== undefined)
    problems.push('--ca-fingerprint: excludes --ca-file');
  return problems;
}

/** Credentials come from one place, the options if they have any: else a key of the configuration would win over `--username`. */
function credentialsOf(options: ConnectionOptions, section: Connection['section']): CredentialFiles {
  const isGiven = (options.apiKeyFile ?? options.username) !== undefined;
  const { apiKeyFile, username, passwordFile } = isGiven ? options : section;
  const names = { apiKeyName: '--api-key-file', passwordName: '--password-file' };
  return { apiKeyFile, username, passwordFile, ...(isGiven && names) };
}

/** What to trust comes from one place, the options if they have it: else a CA of the configuration would be trusted as well. */
function trustOf(options: ConnectionOptions, section: Connection['section']): TlsTrustSettings {
  const isGiven = (options.caFile ?? options.caFingerprint) !== undefined;
  const { caFile, caFingerprint } = isGiven ? options : section;
  return { caFile, caFingerprint, ...(isGiven && { caName: '--ca-file' }) };
}
