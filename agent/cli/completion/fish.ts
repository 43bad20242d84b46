import { allOf } from './tree.ts';
import type { CompletedCommand } from './tree.ts';

/** A completion for fish: `auditseal completion fish | source`. */
export function fishCompletion(program: CompletedCommand): string {
  return [`complete -c ${program.name} -f`, ...allOf(program).flatMap((command) => linesOf(program, command))]
    .join('\n')
    .concat('\n');
}

function linesOf(
  { name: program }: CompletedCommand,
  { path, options, commands }: CompletedCommand,
): string[] {
  const here = path.split(' ').filter((word) => word !== '');
  const names = commands.map(({ name }) => name);
  const seen = here.map((word) => `__fish_seen_subcommand_from ${word}`);
  const unseen = names.length > 0 ? [`not __fish_seen_subcommand_from ${names.join(' ')}`] : [];
  const when = [...seen, ...unseen].join('; and ');
  const start = `complete -c ${program}${when === '' ? '' : ` -n ${quoted(when)}`}`;
  return [
    ...commands.map(({ name, description }) => `${start} -a ${name} -d ${quoted(description)}`),
    ...options.map(({ flags, description, value, choices }) => {
      const words = flags.map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const after = { none: '', choice: ` -x -a ${quoted(choices.join(' '))}`, file: ' -r -F', word: ' -x' }[
        value
      ];
      return `${start} ${words.join(' ')}${after} -d ${quoted(description)}`;
    }),
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/gu, (of) => `\\${of}`)}'`;
}
