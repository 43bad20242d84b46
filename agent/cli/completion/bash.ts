import { allOf } from './tree.ts';
import type { CompletedCommand } from './tree.ts';

/** A completion for bash 4 and newer: `source <(auditseal completion bash)`. Names hold no character that a shell reads. */
export function bashCompletion(program: CompletedCommand): string {
  const all = allOf(program);
  const paths = all.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return `# bash completion of ${program.name}
_${program.name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${paths.join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path $prev" in
${all.flatMap(valueCases).join('\n')}
  esac
  case "$path" in
${all.map(wordCase).join('\n')}
  esac
}
complete -o default -F _${program.name} ${program.name}
`;
}

function valueCases({ path, options }: CompletedCommand): string[] {
  return options.flatMap(({ flags, value, choices }) => {
    if (value === 'none') return [];
    const words = flags.map((flag) => `'${path} ${flag}'`).join('|');
    // No word of ours: bash's own files (-o default), or nothing that would mislead.
    const deed =
      value === 'choice' ? reply(choices) : value === 'file' ? 'COMPREPLY=()' : 'compopt +o default';
    return [`    ${words}) ${deed}; return ;;`];
  });
}

function wordCase({ path, options, commands }: CompletedCommand): string {
  const flags = options.flatMap(({ flags: of }) => of.filter((flag) => flag.startsWith('--')));
  const names = commands.map(({ name }) => name);
  return `    '${path}') case "$cur" in -*) ${reply(flags)} ;; *) ${reply(names)} ;; esac ;;`;
}

function reply(words: readonly string[]): string {
  return words.length === 0 ? 'COMPREPLY=()' : `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$cur"))`;
}
