import type { Command } from 'commander';
import { newCommand } from '../command.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { check } from './check.ts';
import type { CheckOptions } from './check.ts';

/** `auditseal check`, for whoever was given a proof: it needs no network, no Elasticsearch and no configuration. */
export function defineCheck(terminal: Terminal): Command {
  return newCommand('check', terminal)
    .description('check a folder that auditseal proof wrote, offline')
    .argument('<folder>', 'the folder')
    .option('--trust <file>', 'trust file; without it the keys are those that the folder names')
    .option('--json', 'one JSON object')
    .addHelpText('after', help)
    .action(async (folder: string, options: CheckOptions) => await check(folder, options, terminal));
}

const help = `
Exit codes:
  0  proved: each event is what was sealed, under a key that follows from the trust file
  1  refused: something in the folder was changed, is missing or does not belong there
  3  it fits, but there is no trust file: whoever made the folder may have made up the key
  2  could not check: any error
  78 options, or no such folder

Example:
  $ auditseal check --trust trust.json proof`;
