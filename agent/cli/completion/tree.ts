import type { Command, Option } from 'commander';

/** What a word on the command line can be completed to. */
export interface CompletedCommand {
  /** `statement retire`; of the program itself the empty text. */
  path: string;
  name: string;
  description: string;
  options: CompletedOption[];
  commands: CompletedCommand[];
}

export interface CompletedOption {
  /** `-c` and `--config`, or one of them. */
  flags: string[];
  description: string;
  /** What follows it: nothing, one of `choices`, the path of a file, or a word that nobody can guess. */
  value: 'none' | 'choice' | 'file' | 'word';
  choices: readonly string[];
}

/** The commands as commander knows them, so that a completion cannot name what is not there. */
export function treeOf(command: Command, above: readonly string[] = []): CompletedCommand {
  const help = command.createHelp();
  return {
    path: above.join(' '),
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(optionOf),
    commands: help
      .visibleCommands(command)
      .filter((inner) => inner.name() !== 'help')
      .map((inner) => treeOf(inner, [...above, inner.name()])),
  };
}

/** A command and all below it. */
export function allOf(command: CompletedCommand): CompletedCommand[] {
  return [command, ...command.commands.flatMap(allOf)];
}

function optionOf({
  short,
  long,
  flags,
  description,
  argChoices,
  required,
  optional,
}: Option): CompletedOption {
  const value = !required && !optional ? 'none' : argChoices ? 'choice' : isPath(flags) ? 'file' : 'word';
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    value,
    choices: argChoices ?? [],
  };
}

function isPath(flags: string): boolean {
  return /<(?:file|folder)>/u.test(flags);
}
