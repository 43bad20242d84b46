import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { ConfigError, elasticsearchDefaults, loadConfig } from '../config/index.ts';
import type { Config } from '../config/index.ts';
import type { ClientSettings, CredentialFiles, TlsTrustSettings } from '../elasticsearch/index.ts';

/** Options of the commands that people call, by which Elasticsearch is reached. */
export interface ConnectionOptions {
  config?: string;
  url?: string[];
  apiKeyFile?: string;
  username?: string;
  passwordFile?: string;
  caFile?: string;
  caFingerprint?: string;
  namespace?: string;
}

/** What the credentials have to be good for, in the words of the help. */
export interface Wanted {
  config: string;
  apiKey: string;
  username: string;
}

/** Gives a command the options of {@link ConnectionOptions}. */
export function addConnection(command: Command, wanted: Wanted): Command {
  return command
    .option('-c, --config <file>', wanted.config)
    .option('--url <url>', 'Elasticsearch; may be given several times', collect)
    .option('--api-key-file <file>', wanted.apiKey)
    .option('--username <name>', wanted.username)
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
  /** The section of the configuration file, as it is there; without a file, what an empty one would say. */
  section: Omit<Config['elasticsearch'], 'urls'>;
}

/**
 * Options win over the configuration file. Throws ConfigError with all that is wrong with the options, the `problems` that the
 * caller has found among it, and as loadConfig does.
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
  if (!urls || all.length > 0) throw new ConfigError('options', all);
  return {
    settings: {
      urls,
      ...credentialsOf(options, section),
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

/** Who we are is said in one place: a key of the configuration does not win over an option's user. */
function credentialsOf(options: ConnectionOptions, section: Connection['section']): CredentialFiles {
  const isGiven = (options.apiKeyFile ?? options.username) !== undefined;
  const { apiKeyFile, username, passwordFile } = isGiven ? options : section;
  const names = { apiKeyName: '--api-key-file', passwordName: '--password-file' };
  return { apiKeyFile, username, passwordFile, ...(isGiven && names) };
}

/** Whom to trust is said in one place: a CA of the configuration does not stand beside an option's. */
function trustOf(options: ConnectionOptions, section: Connection['section']): TlsTrustSettings {
  const isGiven = (options.caFile ?? options.caFingerprint) !== undefined;
  const { caFile, caFingerprint } = isGiven ? options : section;
  return { caFile, caFingerprint, ...(isGiven && { caName: '--ca-file' }) };
}
