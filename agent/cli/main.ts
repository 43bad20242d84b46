#!/usr/bin/env node
import { Command } from 'commander';
import { usageEndsWith } from './exit.ts';
import { runCommand } from './run/index.ts';
import { setup, setupCommand } from './setup/index.ts';
import { statementCommand } from './statement/index.ts';
import { statusCommand } from './status/index.ts';
import { trustCommand } from './trust/index.ts';
import { validateCommand } from './run/validate.ts';
import { verifyCommand } from './verify/index.ts';
import { versionText } from './version.ts';
import { ask, whoCommand } from './who/index.ts';

const program = new Command('auditseal')
  .description(
    'Ships Kubernetes audit logs to Elasticsearch and proves that nothing was changed, removed or added.',
  )
  .addCommand(
    setupCommand(async (options) => {
      process.exitCode = await setup(options, {
        out: (text) => process.stdout.write(text),
        error: (text) => process.stderr.write(text),
      });
    }),
  )
  .addCommand(runCommand())
  .addCommand(statusCommand())
  .addCommand(validateCommand())
  .addCommand(verifyCommand())
  .addCommand(trustCommand())
  .addCommand(
    statementCommand({
      out: (text) => process.stdout.write(text),
      error: (text) => process.stderr.write(text),
      exit: (code) => (process.exitCode = code),
    }),
  )
  .addCommand(
    whoCommand(async (options) => {
      process.exitCode = await ask(options, {
        out: (text) => process.stdout.write(text),
        error: (text) => process.stderr.write(text),
      });
    }),
  )
  .version(versionText)
  .exitOverride(usageEndsWith())
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
  .action(() => void process.stdout.write(`${versionText}\n`));

await program.parseAsync();
