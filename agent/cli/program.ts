import type { Command } from 'commander';
import { newCommand } from './command.ts';
import type { Terminal } from './terminal/terminal.ts';
import { versionText } from './version.ts';

/** In the order of the help. A command is loaded when it is called: the code of all of them takes 0.3 s of CPU and 50 MB. */
const definitions: Record<string, () => Promise<(terminal: Terminal) => Command>> = {
  setup: async () => (await import('./setup/index.ts')).defineSetup,
  run: async () => (await import('./run/index.ts')).defineRun,
  status: async () => (await import('./status/index.ts')).defineStatus,
  validate: async () => (await import('./validate/index.ts')).defineValidate,
  doctor: async () => (await import('./doctor/index.ts')).defineDoctor,
  rules: async () => (await import('./rules/index.ts')).defineRules,
  notify: async () => (await import('./notify/index.ts')).defineNotify,
  verify: async () => (await import('./verify/index.ts')).defineVerify,
  show: async () => (await import('./show/index.ts')).defineShow,
  proof: async () => (await import('./proof/index.ts')).defineProof,
  check: async () => (await import('./check/index.ts')).defineCheck,
  checkpoint: async () => (await import('./checkpoint/index.ts')).defineCheckpoint,
  trust: async () => (await import('./trust/index.ts')).defineTrust,
  statement: async () => (await import('./statement/index.ts')).defineStatement,
  who: async () => (await import('./who/index.ts')).defineWho,
  ask: async () => (await import('./ask/index.ts')).defineAsk,
  report: async () => (await import('./report/index.ts')).defineReport,
  pseudonym: async () => (await import('./pseudonym/index.ts')).definePseudonym,
  reveal: async () => (await import('./reveal/index.ts')).defineReveal,
  noise: async () => (await import('./noise/index.ts')).defineNoise,
  explain: async () => (await import('./explain/index.ts')).defineExplain,
  erase: async () => (await import('./erase/index.ts')).defineErase,
  completion: async () => (await import('./completion/index.ts')).defineCompletion,
};

/** The command that is called alone; all where the help, a completion or a mistyped name needs them. */
async function definitionsOf(called = ''): Promise<((terminal: Terminal) => Command)[]> {
  if (called === 'version' || called === '--version' || called === '-V') return [];
  const isOne = Object.hasOwn(definitions, called) && called !== 'completion';
  const one = isOne ? definitions[called] : undefined;
  return await Promise.all((one ? [one] : Object.values(definitions)).map(async (load) => await load()));
}

/** The program with the command that is called, or with all. `called` is the first word of its command line. */
export async function programOf(terminal: Terminal, called?: string): Promise<Command> {
  const program = newCommand('auditseal', terminal)
    .description(
      'Ships Kubernetes audit logs to Elasticsearch and proves that nothing was changed, removed or added.',
    )
    .version(versionText)
    .showHelpAfterError('auditseal --help lists the commands, auditseal help COMMAND its options')
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

  for (const define of await definitionsOf(called)) program.addCommand(define(terminal));
  program
    .command('version')
    .description('print the version of auditseal and of Node')
    .action(() => terminal.out(`${versionText}\n`));
  return program;
}
