import type { Command } from 'commander';
import { ConfigError, loadConfig } from '../../config/index.ts';
import { ignoreEnvironment } from '../../elasticsearch/index.ts';
import { openEndpoints, testMessage } from '../../notify/index.ts';
import type { Endpoint } from '../../notify/index.ts';
import { newCommand, runCommand } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printableError } from '../terminal/text.ts';

interface TestOptions {
  config: string;
  endpoint?: string[];
}

/** `auditseal notify`: whether those who are to be told can be told. */
export function defineNotify(terminal: Terminal): Command {
  const command = newCommand('notify', terminal).description(
    'tell the endpoints of the configuration that this is a test',
  );
  command.addCommand(
    newCommand('test', terminal)
      .description('send each endpoint of the configuration a message that says that nothing has happened')
      .option('-c, --config <file>', 'configuration file', '/etc/auditseal/auditseal.yaml')
      .option('--endpoint <name...>', 'only these')
      .action(async (options: TestOptions) => {
        await runCommand({ name: 'notify test' }, terminal, async ({ signal }) =>
          test(options, terminal, signal),
        );
      }),
  );
  return command;
}

async function test({ config: file, endpoint: names }: TestOptions, terminal: Terminal, signal: AbortSignal) {
  const config = await loadConfig(file);
  const { endpoints: settings } = config.notifications;
  if (settings.length === 0) throw new ConfigError(file, ['notifications.endpoints: has none']);
  const unknown = (names ?? []).filter((name) => settings.every((one) => one.name !== name));
  if (unknown.length > 0)
    throw new ConfigError(file, [`notifications.endpoints: has none of the name ${unknown.join(', ')}`]);
  for (const warning of ignoreEnvironment(process.env)) terminal.error(`warning: ${warning}\n`);
  const endpoints = await openEndpoints(config);
  const asked = endpoints.filter(({ name }) => names?.includes(name) ?? true);
  try {
    const results = await Promise.all(asked.map(async (one) => await tell(one, terminal, signal)));
    return results.every(Boolean) ? exitCode.done : exitCode.failed;
  } finally {
    await Promise.all(endpoints.map((one) => one.close()));
  }
}

async function tell(endpoint: Endpoint, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  const outcome = await endpoint.send(testMessage(new Date()), 'whole', signal);
  const { name, settings } = endpoint;
  if (outcome.kind === 'delivered') {
    terminal.out(`${name} (${settings.type}): delivered\n`);
    return true;
  }
  terminal.error(`${name} (${settings.type}): not delivered: ${printableError(outcome.why)}\n`);
  return false;
}
