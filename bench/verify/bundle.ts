import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Builds what is here, as it is installed; the path of the command. */
export function bundleHere(folder: string): string {
  return build(root, join(folder, 'here'));
}

/** The same of a commit, with the packages that are installed here: it must be one that these build. */
export function bundleOf(commit: string, folder: string): string {
  const source = join(folder, `source-${commit}`);
  mkdirSync(source);
  const archive = execFileSync('git', ['archive', commit], { cwd: root, maxBuffer: 1 << 30 });
  execFileSync('tar', ['-x', '-C', source], { input: archive });
  symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'));
  return build(source, join(folder, commit));
}

function build(source: string, folder: string): string {
  execFileSync('npm', ['run', '--silent', 'build', '--', folder], { cwd: source, stdio: 'pipe' });
  return join(folder, 'auditseal.js');
}
