import { Option } from 'commander';
import type { Command } from 'commander';
import { fileBytesMax, readTextStream } from '../../input/index.ts';
import { jsonLine } from '../../json/index.ts';
import { addPersons, addTrust, readTrust } from '../../trust/index.ts';
import type { AddedKey, TrustFile } from '../../trust/index.ts';
import { newCommand, runCommand } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface AddOptions {
  trust: string;
  replace?: boolean;
  beside?: boolean;
}

/** `auditseal trust`: keeps the trust file, which an auditor holds outside Elasticsearch. */
export function defineTrust(terminal: Terminal): Command {
  const command = newCommand('trust', terminal, exitCode.failed).description(
    'keep the trust file: from which key on each log is believed, and whose statements',
  );
  command
    .command('add')
    .description('add a log’s key (a vkey, as the agent prints it at its start) to a trust file')
    .argument('<vkey...>', 'one or more vkeys; - reads them from standard input, one a line')
    .requiredOption('--trust <file>', 'the trust file; made if there is none')
    .addOption(
      new Option('--replace', 'replace the key of a log that the file has already').conflicts('beside'),
    )
    .option('--beside', 'trust it beside the keys that the log has: of an epoch that nothing links to them')
    .action(async (given: string[], { trust, replace, beside }: AddOptions) => {
      const held = replace ? 'replace' : beside ? 'beside' : 'refuse';
      await changing('add', terminal, async () => await addTrust(trust, await vkeysOf(given), held));
    });
  command
    .command('operator')
    .description('believe the statements of an operator (a vkey, as `auditseal statement key` prints it)')
    .argument('<vkey...>', 'one or more vkeys; - reads them from standard input, one a line')
    .requiredOption('--trust <file>', 'the trust file; made if there is none')
    .action(async (given: string[], { trust }: AddOptions) => {
      await changing(
        'operator',
        terminal,
        async () => await addPersons(trust, await vkeysOf(given), 'operators'),
      );
    });
  command
    .command('eraser')
    .description(
      'let somebody sign that events may be gone sooner, or were erased: who may acknowledge gaps may not',
    )
    .argument('<vkey...>', 'one or more vkeys; - reads them from standard input, one a line')
    .requiredOption('--trust <file>', 'the trust file; made if there is none')
    .action(async (given: string[], { trust }: AddOptions) => {
      await changing(
        'eraser',
        terminal,
        async () => await addPersons(trust, await vkeysOf(given), 'erasers'),
      );
    });
  command
    .command('list')
    .description('show whose keys a trust file holds, and for what each is believed')
    .requiredOption('--trust <file>', 'the trust file')
    .option('--json', 'one JSON object a key')
    .action(async ({ trust, json }: ListOptions) => {
      await runCommand({ name: 'trust list', usage: exitCode.failed }, terminal, async () => {
        const keys = keysOf(await readTrust(trust));
        if (json) for (const key of keys) terminal.out(jsonLine(key));
        else terminal.out(tableOf(keys));
      });
    });
  return command;
}

interface ListOptions {
  trust: string;
  json?: true;
}

interface TrustedKey {
  for: 'log' | 'operator' | 'eraser';
  name: string;
  vkey: string;
}

/** The name of a log is the origin of the epoch from which on it is believed. */
function keysOf({ logs, operators, erasers }: TrustFile): TrustedKey[] {
  const key = (role: TrustedKey['for']) => (vkey: string) => ({
    for: role,
    name: vkey.split('+', 1)[0] ?? '',
    vkey,
  });
  return [
    ...logs.map(({ vkey }) => key('log')(vkey)),
    ...operators.map(key('operator')),
    ...erasers.map(key('eraser')),
  ];
}

function tableOf(keys: readonly TrustedKey[]): string {
  if (keys.length === 0) return 'no key\n';
  return keys.map(({ for: role, vkey }) => `${role.padEnd('operator'.length)}  ${vkey}\n`).join('');
}

async function changing(name: string, terminal: Terminal, add: () => Promise<AddedKey[]>): Promise<void> {
  await runCommand({ name: `trust ${name}`, usage: exitCode.failed }, terminal, async () => {
    for (const { name: log, vkey, outcome } of await add()) terminal.out(`${log}: ${outcome}: ${vkey}\n`);
  });
}

async function vkeysOf(given: readonly string[]): Promise<string[]> {
  const vkeys: string[] = [];
  for (const vkey of given) {
    if (vkey === '-') vkeys.push(...(await readLines()));
    else vkeys.push(vkey);
  }
  return vkeys;
}

async function readLines(): Promise<string[]> {
  const text = await readTextStream(process.stdin, fileBytesMax.trust);
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
