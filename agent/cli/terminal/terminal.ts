import { messageOf } from '../../error.ts';
import { exitCode } from '../exit-code.ts';

/** Where a command prints what was asked for and what is wrong, and what it ends with. */
export interface Terminal {
  out: (text: string) => void;
  error: (text: string) => void;
  exit: (code: number) => void;
  /** How wide the terminal is that `out` writes to; undefined where it is none, and nothing is to be shortened. */
  columns?: number | undefined;
}

/**
 * The terminal of this process. A reader that goes away (`auditseal verify --json | head`) is none of our business: the work is
 * done to its end, and its result is the exit code. If the output is lost for another reason, such as a full disk, nobody
 * may take the 0 for an answer.
 */
export function processTerminal(): Terminal {
  let isLost = false;
  const exit = (code: number) => {
    process.exitCode = isLost && code === exitCode.done ? exitCode.failed : code;
  };
  const error = writer(process.stderr, () => undefined);
  const out = writer(process.stdout, (cause) => {
    isLost = true;
    error(`auditseal: standard output cannot be written: ${messageOf(cause)}\n`);
    exit(Number(process.exitCode ?? exitCode.done));
  });
  return { out, error, exit, columns: process.stdout.isTTY ? process.stdout.columns : undefined };
}

/** Writes until the first error. Without a listener that error would end the process with 1, which of `verify` means tampered. */
function writer(stream: NodeJS.WriteStream, onLoss: (cause: unknown) => void): (text: string) => void {
  let isOpen = true;
  stream.on('error', (cause: NodeJS.ErrnoException) => {
    if (!isOpen) return;
    isOpen = false;
    if (cause.code !== 'EPIPE') onLoss(cause);
  });
  return (text) => {
    if (isOpen) stream.write(text);
  };
}
