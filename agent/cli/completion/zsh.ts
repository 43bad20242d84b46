import { allOf } from './tree.ts';
import type { CompletedCommand, CompletedOption } from './tree.ts';

/** A completion for zsh, with what each word does; a file `_auditseal` of a folder of `fpath`, or sourced. */
export function zshCompletion(program: CompletedCommand): string {
  const { name } = program;
  return `#compdef ${name}
${allOf(program).toReversed().map(functionOf(name)).join('\n')}
if [[ "\${funcstack[1]}" = _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

const functionOf = (program: string) => (command: CompletedCommand) => {
  const own = functionName(program, command);
  const options = command.options.map((option) => `    ${specificationOf(option)} \\`).join('\n');
  if (command.commands.length === 0)
    return `${own}() {\n  _arguments -s \\\n${options}\n    '*:file:_files'\n}`;
  const described = command.commands.map((inner) => `    ${quoted(`${inner.name}:${inner.description}`)}`);
  const calls = command.commands.map((inner) => `    ${inner.name}) ${functionName(program, inner)} ;;`);
  return `${own}() {
  local line state
  local -a commands
  commands=(
${described.join('\n')}
  )
  _arguments -C -s \\
${options}
    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest) case $line[1] in
${calls.join('\n')}
    esac ;;
  esac
}`;
};

function functionName(program: string, { path }: CompletedCommand): string {
  return ['', program, ...path.split(' ').filter((word) => word !== '')].join('_');
}

function specificationOf({ flags, description, value, choices }: CompletedOption): string {
  const [first = '', ...rest] = flags;
  const text = description.replaceAll(/[[\]\\:]/gu, (of) => `\\${of}`);
  const after = { none: '', choice: `:value:(${choices.join(' ')})`, file: ':file:_files', word: ':value: ' }[
    value
  ];
  const tail = `[${text}]${after}`;
  return rest.length === 0 ? quoted(`*${first}${tail}`) : `'*'{${flags.join(',')}}${quoted(tail)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
