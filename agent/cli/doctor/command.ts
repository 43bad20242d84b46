import { readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { hostname } from 'node:os';
import { Option } from 'commander';
import type { Command } from 'commander';
import { recommendedPolicyFile } from '../../audit-policy/index.ts';
import { ConfigError, loadConfig } from '../../config/index.ts';
import type { Config } from '../../config/index.ts';
import type { Rule } from '../../detect/index.ts';
import { examine, knownDefinitions, lookAtElasticsearch, readExpectations } from '../../drift/index.ts';
import type { Finding, LookSettings } from '../../drift/index.ts';
import { createClient } from '../../elasticsearch/index.ts';
import { newCommand, runCommand } from '../command.ts';
import { addConnection, connectionOf } from '../connection.ts';
import type { ConnectionOptions } from '../connection.ts';
import { exitCode } from '../exit-code.ts';
import { loadDetection } from '../load.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { blindnessOf } from './blindness.ts';
import { jsonReport, textReport } from './report.ts';

interface DoctorOptions extends ConnectionOptions {
  apiserver?: string;
  auditPolicy?: string;
  log?: string;
  proc?: string | true;
  apiserverUrl?: string;
  tokenFile?: string;
  apiserverCaFile?: string;
  kubernetesVersion?: string;
  expect?: string;
  failOn: 'problem' | 'warning';
  propose?: true;
  json?: true;
}

/** `auditseal doctor`: all that decides what gets logged, looked at once. Changes nothing. */
export function defineDoctor(terminal: Terminal): Command {
  const command = newCommand('doctor', terminal).description(
    'look once at all that decides what gets logged: flags, audit policy, files, what the policy blinds, Elasticsearch’s side',
  );
  return addConnection(command, {
    config: 'configuration of the agent: its logs, rules, Elasticsearch, and what it looks at for drift',
    apiKey: 'file with a key that may read and view_index_metadata (or an administrator’s)',
    username: 'user who may read and view_index_metadata',
  })
    .option(
      '--apiserver <path>',
      'what defines the apiserver: folder of static pods, one of them, configuration of k3s or RKE2, file of arguments (default: looked for on this machine)',
    )
    .option('--audit-policy <file>', 'audit policy of the apiserver (default: the one that its flags name)')
    .option('--log <file>', 'audit log (default: the one of the configuration or the flags)')
    .option('--proc [folder]', 'look for the running apiserver among the processes (default: /proc)')
    .option('--apiserver-url <url>', 'ask this apiserver for /flagz and /metrics')
    .option('--token-file <file>', 'bearer token for it')
    .option('--apiserver-ca-file <file>', 'certificate authority of it, PEM')
    .option('--kubernetes-version <version>', 'as 1.35, where nothing else says it', versionOf)
    .option('--expect <file>', 'file of what is expected here, and what is accepted')
    .addOption(
      new Option('--fail-on <state>', 'what ends with 3: a problem, or a warning, too')
        .choices(['problem', 'warning'])
        .default('warning'),
    )
    .option('--propose', 'print an audit policy for an apiserver that has none, and do nothing else')
    .option('--json', 'one JSON object')
    .addHelpText('after', help)
    .action(async (options: DoctorOptions) => {
      await runCommand({ name: 'doctor' }, terminal, async ({ signal }) =>
        options.propose ? propose(terminal) : await doctor(options, terminal, signal),
      );
    });
}

const help = `
Exit codes:
  0   all that could be looked at is as it should be
  3   something is not; each has the fix to paste
  2   nothing could be looked at
  78  options, configuration or the file of expectations`;

function propose(terminal: Terminal): number {
  terminal.out(readFileSync(recommendedPolicyFile, 'utf8'));
  return exitCode.done;
}

async function doctor(options: DoctorOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const config = options.config === undefined ? undefined : await loadConfig(options.config);
  const rules = await rulesOf(options.config, config);
  const { findings, policy } = await examine(await settingsOf(options, config), signal);
  const all = [...findings, ...(await elasticsearchFindings(options, config, signal))];
  const blind = policy?.policy && blindnessOf(policy.policy, rules);
  const report = { findings: all, policy, blind, at: new Date(), node: config?.node ?? hostname() };
  terminal.out(options.json ? jsonReport(report) : textReport(report));
  if (all.every(({ state }) => state === 'unchecked')) {
    const hint = `give what defines the apiserver with --apiserver and --audit-policy; looked for were ${knownDefinitions.join(', ')}`;
    terminal.error(`auditseal doctor: nothing could be looked at: ${hint}\n`);
    return exitCode.failed;
  }
  const wrong = options.failOn === 'problem' ? ['problem'] : ['problem', 'warning'];
  return all.some(({ state }) => wrong.includes(state)) ? exitCode.unsure : exitCode.done;
}

async function rulesOf(
  file: string | undefined,
  config: Config | undefined,
): Promise<readonly Rule[] | undefined> {
  return file === undefined || config === undefined
    ? undefined
    : (await loadDetection(file, config))?.current.rules;
}

/** Copies that are given are looked at alone: what runs on this machine has nothing to do with them. */
async function settingsOf(options: DoctorOptions, config: Config | undefined): Promise<LookSettings> {
  const isHere = (options.apiserver ?? options.auditPolicy) === undefined;
  // What the agent looks at is not looked for.
  const own = isHere ? config?.drift : undefined;
  const apiserver = options.apiserverUrl;
  const proc = typeof options.proc === 'string' ? options.proc : '/proc';
  const expectationsFile = options.expect ?? own?.expectationsFile;
  return {
    apiserverPath: options.apiserver ?? own?.apiserverPath ?? (isHere ? await firstKnown() : undefined),
    auditPolicyFile: options.auditPolicy ?? own?.auditPolicyFile,
    logPaths: options.log === undefined ? (config?.sources.map(({ path }) => path) ?? []) : [options.log],
    proc: options.proc !== undefined || (isHere && (own?.proc ?? true)) ? proc : undefined,
    apiserver: apiserver === undefined ? own?.apiserver : apiserverOf(apiserver, options),
    version: options.kubernetesVersion,
    mayBeCopies: options.apiserver !== undefined,
    expectations: expectationsFile === undefined ? undefined : await readExpectations(expectationsFile),
  };
}

function apiserverOf(url: string, { tokenFile, apiserverCaFile }: DoctorOptions): LookSettings['apiserver'] {
  if (!URL.canParse(url) || !/^https?:/u.test(url))
    throw new ConfigError('options', ['--apiserver-url: must be an http or https URL']);
  if (tokenFile !== undefined && !url.startsWith('https:'))
    throw new ConfigError('options', ['--apiserver-url: must begin with https, where a token is sent']);
  return { url, tokenFile, caFile: apiserverCaFile };
}

async function firstKnown(): Promise<string | undefined> {
  for (const path of knownDefinitions) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

/** With the agent's configuration its own key is asked what it may; the streams are looked at with its key for lookups, or with options. */
async function elasticsearchFindings(
  options: DoctorOptions,
  config: Config | undefined,
  signal: AbortSignal,
): Promise<Finding[]> {
  if ((options.url ?? config) === undefined) return [];
  const { settings, namespace, section } = await connectionOf(options);
  await using opened = new AsyncDisposableStack();
  const open = async (one: typeof settings) =>
    opened.adopt(await createClient(one), (client) => client.close());
  const isGiven = (options.apiKeyFile ?? options.username) !== undefined;
  const lookup = section.lookupApiKeyFile;
  const reading =
    isGiven || lookup === undefined
      ? settings
      : { ...settings, apiKeyFile: lookup, username: undefined, passwordFile: undefined };
  const own = config && { ...settings, ...credentialsOf(config) };
  return await lookAtElasticsearch({
    ...section,
    namespace,
    signal,
    agents: true,
    reader: await open(reading),
    agent: own && (own.apiKeyFile ?? own.username) !== undefined ? await open(own) : undefined,
  });
}

function credentialsOf({ elasticsearch: { apiKeyFile, username, passwordFile } }: Config) {
  return { apiKeyFile, username, passwordFile };
}

function versionOf(text: string): string {
  const found = /^v?(1\.\d{1,3})/u.exec(text)?.[1];
  if (found !== undefined) return found;
  throw new ConfigError('options', ['--kubernetes-version: must be as 1.35']);
}
