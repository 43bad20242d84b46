import { execFile } from 'node:child_process';
import { importsOf, violations } from './imports.ts';
import { root } from './root.ts';

// The compiler checks types and says, in the same run, who imports whom.
execFile(
  'npx',
  ['--no-install', 'tsc', '--explainFiles'],
  { cwd: root, maxBuffer: 64 * 1024 * 1024 },
  (failure, explained) => {
    const wrong = failure ? errorsIn(explained) : wrongImports(explained);
    // The compiler did not run, or ended without saying why.
    if (failure && wrong.length === 0) wrong.push(failure.message);
    for (const sentence of wrong) console.error(sentence);
    process.exitCode = wrong.length > 0 ? 1 : 0;
  },
);

function wrongImports(explained: string): string[] {
  const imports = importsOf(explained);
  // None at all would mean that the compiler prints them otherwise than we read them.
  return imports.length > 0 ? violations(imports) : ['tsc --explainFiles names no import of agent/'];
}

/** What the compiler found wrong with types, without the files that it lists behind it. */
function errorsIn(explained: string): string[] {
  let isError = false;
  return explained.split('\n').filter((line) => {
    // An indented line belongs to the one before it.
    if (!line.startsWith(' ')) isError = /: error TS|^error /u.test(line);
    return isError;
  });
}
