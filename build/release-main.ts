import { messageOf } from '../agent/error.ts';
import { releaseNotes } from './release.ts';
import { root } from './root.ts';

/** `node build/release-main.ts VERSION`: the release notes, or why this checkout is no release of it (exit 2). */
try {
  process.stdout.write(`${await releaseNotes(root, process.argv[2] ?? '')}\n`);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 2;
}
