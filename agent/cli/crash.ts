import { messageOf } from '../error.ts';
import { exitCode } from './exit-code.ts';
import { printableError } from './terminal/text.ts';

/**
 * From now on an error that nobody caught ends the process with 2, whatever the command; Node's own 1 would mean tampered. It is
 * a fault of ours: the stack trace is for a bug report.
 */
export function crashWithFailed(): void {
  process.on('uncaughtException', (error: unknown) => {
    const text = error instanceof Error ? String(error.stack) : messageOf(error);
    try {
      process.stderr.write(
        `auditseal: this is a fault of auditseal, please report it:\n  ${printableError(text)}\n`,
      );
    } finally {
      process.exit(exitCode.failed);
    }
  });
}
