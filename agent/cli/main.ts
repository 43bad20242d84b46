import { CommanderError } from 'commander';
import { newCommand } from './command.ts';
import { crashWithFailed } from './crash.ts';
import { defineRun } from './run/index.ts';
import { defineSetup } from './setup/index.ts';
import { defineStatement } from './statement/index.ts';
import { defineStatus } from './status/index.ts';
import { processTerminal } from './terminal/terminal.ts';
import { defineTrust } from './trust/index.ts';
import { defineValidate } from './validate/index.ts';
import { defineVerify } from './verify/index.ts';
import { versionText } from './version.ts';
import { defineWho } from './who/index.ts';

crashWithFailed();
const terminal = processTerminal();
const program = newCommand('auditseal', terminal)
  .description(
    'Ships Kubernetes audit logs to Elasticsearch and proves that nothing was changed, removed or added.',
  )
  .addCommand(defineSetup(terminal))
  .addCommand(defineRun(terminal))
  .addCommand(defineStatus(terminal))
  .addCommand(defineValidate(terminal))
  .addCommand(defineVerify(terminal))
  .addCommand(defineTrust(terminal))
  .addCommand(defineStatement(terminal))
  .addCommand(defineWho(terminal))
  .version(versionText)
  .showHelpAfterError()
  .addHelpText(
    'after',
    `
Once, with credentials of an administrator of Elasticsearch:
  $ auditseal setup --url https://elasticsearch:9200 --username elastic --password-file password --output-key-file api-key

On a control-plane node:
  $ auditseal validate --config /etc/auditseal/auditseal.yaml
  $ auditseal run --config /etc/auditseal/auditseal.yaml

On an auditor's machine, with a key that may only read:
  $ auditseal trust add --trust trust.json 'prod/cp-1/kube-apiserver/20261123T004438Z+…'
  $ auditseal verify --url https://elasticsearch:9200 --api-key-file key --trust trust.json --since 26h
  $ auditseal who --url https://elasticsearch:9200 --api-key-file key --resource secrets/prod/db --verb read`,
  );

program
  .command('version')
  .description('print the version of auditseal and of Node')
  .action(() => terminal.out(`${versionText}\n`));

try {
  await program.parseAsync();
} catch (error) {
  // commander has printed the reason, and the exit code is set.
  if (!(error instanceof CommanderError)) throw error;
}
