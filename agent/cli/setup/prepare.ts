import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '../../elasticsearch/index.ts';
import { printable } from '../../json/index.ts';
import { checkKibana, installObjects, Kibana } from '../../kibana/index.ts';
import { AdminSession, setUp } from '../../setup/index.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printableError } from '../terminal/text.ts';
import { planOf } from './options.ts';
import type { SetupCommandOptions } from './options.ts';

/** Does what the options of `auditseal setup` ask for, and prints it. Throws ConfigError, ElasticsearchError, SetupError and KibanaError. */
export async function prepare(
  options: SetupCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { settings, what, kibana: kibanaSettings } = await planOf(options);
  const client = await createClient(settings);
  const dryRun = options.dryRun === true;
  const print = (text: string) => terminal.out(`${text.split('\n').map(printable).join('\n')}\n`);
  const unnamed = options.printKey === true || (options.key && options.outputKeyFile === undefined);
  const folder = unnamed ? await mkdtemp(join(tmpdir(), 'auditseal-setup-')) : undefined;
  const keyFile = folder === undefined ? what.keyFile : join(folder, 'key');
  const { username: _user, passwordFile: _password, ...connection } = settings;
  const connect = (file: string) => createClient({ ...connection, apiKeyFile: resolve(file) });
  try {
    // Reads its files now: if one is missing, nothing has been changed yet.
    const kibana = kibanaSettings && (await Kibana.create(kibanaSettings, signal));
    const session = new AdminSession({ client, dryRun, onLine: print, signal });
    const warnings = await setUp(session, { ...what, keyFile, connect });
    const warn = (warning: string) => terminal.error(`warning: ${printableError(warning)}\n`);
    for (const warning of warnings) warn(warning);
    if (folder !== undefined && !dryRun) print(await readFile(join(folder, 'key'), 'utf8'));
    else if (keyFile !== undefined && !dryRun) print(nextSteps(keyFile, what.lookupKeyFile));
    // Last: agents need nothing of Kibana, and must get their templates and key even if Kibana is away.
    if (!kibana) return;
    const found = await checkKibana(kibana, kibanaSettings?.space);
    await installObjects(kibana, found, {
      namespace: what.namespace,
      dryRun,
      onLine: print,
      onWarning: warn,
    });
  } finally {
    await client.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

function nextSteps(keyFile: string, lookupKeyFile: string | undefined): string {
  const lookup = lookupKeyFile === undefined ? '' : `\n    lookupApiKeyFile: ${lookupKeyFile}`;
  return `In the agent's configuration:\n  elasticsearch:\n    apiKeyFile: ${keyFile}${lookup}\n    installTemplates: false`;
}
