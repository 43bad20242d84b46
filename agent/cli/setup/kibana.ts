import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { KibanaSettings } from '../../kibana/index.ts';
import type { ConnectionOptions } from '../connection.ts';
import { isLoopback } from '../../config/index.ts';

/** Options by which Kibana is reached. */
export interface KibanaOptions {
  kibanaUrl?: string;
  kibanaSpace?: string;
  kibanaApiKeyFile?: string;
  kibanaUsername?: string;
  kibanaPasswordFile?: string;
  kibanaCaFile?: string;
}

/** Gives a command the options of {@link KibanaOptions}. */
export function addKibana(command: Command): Command {
  return command
    .option('--kibana-url <url>', 'install data views, saved searches and dashboards into this Kibana', url)
    .option('--kibana-space <id>', 'into this space (default: the default space)', space)
    .option(
      '--kibana-api-key-file <file>',
      'file with an API key for Kibana (default: what Elasticsearch is given)',
    )
    .option('--kibana-username <name>', 'instead of a key, with --kibana-password-file')
    .option('--kibana-password-file <file>', 'file with the password')
    .option(
      '--kibana-ca-file <file>',
      'certificate authority of Kibana, PEM (default: those that Node carries)',
    );
}

function url(value: string): string {
  const parsed = URL.parse(value);
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
    throw new InvalidArgumentError('It must be an http or https URL.');
  if (parsed.username || parsed.password || parsed.search || parsed.hash)
    throw new InvalidArgumentError('It must be without credentials, query and fragment.');
  return value;
}

/** The identifier of a space, in the form that Kibana allows. */
function space(value: string): string {
  if (!/^[a-z0-9_-]+$/u.test(value))
    throw new InvalidArgumentError('It must be the id of a space: lower-case letters, digits, - and _.');
  return value;
}

/** What is wrong with the options, for a ConfigError. */
export function kibanaProblems(options: KibanaOptions): string[] {
  const { kibanaUrl, kibanaApiKeyFile, kibanaUsername, kibanaPasswordFile } = options;
  const problems: string[] = [];
  const others = Object.keys(options).filter((name) => name.startsWith('kibana') && name !== 'kibanaUrl');
  if (kibanaUrl === undefined && others.length > 0)
    problems.push('--kibana-url: must say where Kibana is, if there are other --kibana-… options');
  if ((kibanaUsername === undefined) !== (kibanaPasswordFile === undefined))
    problems.push('--kibana-username and --kibana-password-file: set both or none');
  if (kibanaApiKeyFile !== undefined && kibanaUsername !== undefined)
    problems.push('--kibana-api-key-file: excludes --kibana-username and --kibana-password-file');
  return problems;
}

type Credentials = Pick<KibanaSettings, 'apiKeyFile' | 'username' | 'passwordFile'>;

/**
 * What is wrong with sending Elasticsearch's credentials to Kibana, for a ConfigError: where Elasticsearch (`urls`) is reached by
 * TLS, they must not cross a network in plain text on the way to Kibana.
 */
export function plainTextProblems(
  options: KibanaOptions & Pick<ConnectionOptions, 'apiKeyFile' | 'username'>,
  urls: readonly string[],
): string[] {
  const { kibanaUrl, kibanaApiKeyFile, kibanaUsername, apiKeyFile, username } = options;
  if (kibanaUrl === undefined || (kibanaApiKeyFile ?? kibanaUsername) !== undefined) return [];
  if ((apiKeyFile ?? username) === undefined) return [];
  const kibana = new URL(kibanaUrl);
  const isHidden = urls.every((each) => new URL(each).protocol === 'https:');
  if (kibana.protocol === 'https:' || isLoopback(kibana) || !isHidden) return [];
  return [
    '--kibana-url: Elasticsearch’s credentials would go there in plain text; give an https URL, or credentials of its own (--kibana-api-key-file)',
  ];
}

/** How to connect to Kibana; undefined without `--kibana-url`. `credentials` are those for Elasticsearch, which Kibana accepts too. */
export function kibanaOf(
  options: KibanaOptions,
  credentials: Credentials,
  requestSeconds: number,
): KibanaSettings | undefined {
  const { kibanaUrl, kibanaSpace, kibanaApiKeyFile, kibanaUsername, kibanaPasswordFile } = options;
  if (kibanaUrl === undefined) return undefined;
  const own: Credentials = {
    apiKeyFile: kibanaApiKeyFile,
    username: kibanaUsername,
    passwordFile: kibanaPasswordFile,
  };
  const hasOwn = (kibanaApiKeyFile ?? kibanaUsername) !== undefined;
  return {
    url: kibanaUrl,
    space: kibanaSpace,
    caFile: options.kibanaCaFile,
    requestSeconds,
    ...(hasOwn ? own : credentials),
  };
}
