import { Argument } from 'commander';
import type { Command } from 'commander';
import { newCommand } from '../command.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { treeOf } from './tree.ts';
import { zshCompletion } from './zsh.ts';

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `auditseal completion`: a script that completes commands, options and their values, made from the program that it is added to. */
export function defineCompletion(terminal: Terminal): Command {
  const command = newCommand('completion', terminal);
  return command
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(shells)))
    .addHelpText('after', help)
    .action((shell: keyof typeof shells) => {
      if (command.parent) terminal.out(shells[shell](treeOf(command.parent)));
    });
}

const help = `
  $ source <(auditseal completion bash)                                     # in ~/.bashrc
  $ auditseal completion zsh > "\${fpath[1]}/_auditseal"                      # once
  $ auditseal completion fish > ~/.config/fish/completions/auditseal.fish   # once`;
