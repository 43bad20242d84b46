import { execFile } from 'node:child_process';
import { importsOf, violations } from './imports.ts';
import { root } from './root.ts';

// The compiler checks types and says, in the same run, who imports whom.
execFile(
  'npx',
  ['--no-install', 'tsc', '--explainFiles'],
  { cwd: root, maxBuffer: 64 * 1024 * 1024 },
  (failure, explained) => {
    if (failure) {
      process.stdout.write(
        explained
          .split('\n')
          .filter((line) => /: error TS|^error /u.test(line))
          .join('\n') + '\n',
      );
      process.exitCode = 1;
      return;
    }
    const imports = importsOf(explained);
    const wrong = violations(imports);
    for (const sentence of wrong) console.error(sentence);
    // None at all would mean that the compiler prints them otherwise than we read them.
    if (imports.length === 0) console.error('tsc --explainFiles names no import of agent/');
    process.exitCode = wrong.length > 0 || imports.length === 0 ? 1 : 0;
  },
);
