import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { programOf } from '../../../../agent/cli/program.ts';

const execute = promisify(execFile);

let scripts: Record<'bash' | 'zsh' | 'fish', string>;

async function scriptFor(shell: string): Promise<string> {
  let printed = '';
  const terminal = {
    out: (text: string) => void (printed += text),
    error: () => undefined,
    exit: () => undefined,
  };
  const program = await programOf(terminal);
  await program.parseAsync(['completion', shell], { from: 'user' });
  return printed;
}

const isInstalled = (shell: string) => {
  try {
    execFileSync(shell, ['-c', 'true']);
    return true;
  } catch {
    return false;
  }
};

beforeAll(async () => {
  const [bash, zsh, fish] = await Promise.all(['bash', 'zsh', 'fish'].map(scriptFor));
  scripts = { bash: bash!, zsh: zsh!, fish: fish! };
});

const cases: [string, string[]][] = [
  ['auditseal verif', ['verify']],
  ['auditseal statement re', ['retire', 'retention']],
  ['auditseal verify --tru', ['--trust']],
  ['auditseal who --outcome d', ['denied']],
  ['auditseal statement retire --la', ['--last']],
  ['auditseal completion ba', []],
  ['auditseal nothing --tru', []],
];

test.each(cases)('bash completes "%s"', async (line, wanted) => {
  const words = line.split(' ');
  const script = `${scripts.bash}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_auditseal 2>/dev/null
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execute('bash', ['-c', script]);
  expect(stdout.split('\n').filter((word) => word !== '')).toEqual(wanted);
});

describe.skipIf(!isInstalled('fish'))('fish', () => {
  test.each(cases.slice(0, 5))('completes "%s"', async (line, wanted) => {
    const { stdout } = await execute('fish', ['-c', `${scripts.fish}\ncomplete -C '${line}'`]);
    const words = stdout.split('\n').map((each) => each.split('\t')[0] ?? '');
    expect(words.filter((word) => word !== '').toSorted()).toEqual(wanted.toSorted());
  });
});

describe.skipIf(!isInstalled('zsh'))('zsh', () => {
  // What _arguments and _describe are given is what zsh offers; the line editor itself needs a terminal.
  test.each<[string, string[], string]>([
    ['the command', ['auditseal', 'statement', 're'], 'retire:a log ends with this batch'],
    ['an option', ['auditseal', 'verify', '--tru'], '*--trust[trust file'],
    ['a choice', ['auditseal', 'who', '--outcome'], '(success failure denied unknown)'],
  ])('knows %s', async (_name, words, wanted) => {
    const script = `
compdef() { :; }
_arguments() { print -rl -- "$@"; line=("\${(@)words[2,-1]}"); words=("\${(@)words[2,-1]}"); state=rest; [[ $#words -le 1 ]] && state=command; }
_describe() { print -rl -- "\${(@P)2}"; }
${scripts.zsh}
words=(${words.map((word) => `'${word}'`).join(' ')})
_auditseal`;
    const { stdout } = await execute('zsh', ['-fc', script]);
    expect(stdout).toContain(wanted);
  });
});

test.skipIf(!isInstalled('zsh'))('zsh and fish take the scripts', async () => {
  await execute('zsh', ['-nc', scripts.zsh]);
  if (isInstalled('fish')) await execute('fish', ['-nc', scripts.fish]);
});
