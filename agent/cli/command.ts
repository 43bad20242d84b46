import { Command } from 'commander';
import { messageOf } from '../error.ts';
import { exitCode, exitCodeOf } from './exit-code.ts';
import type { ExitCodes } from './exit-code.ts';
import type { Terminal } from './terminal/terminal.ts';
import { printableError } from './terminal/text.ts';

/**
 * A command for commander: what it prints goes to the terminal, and where it does not understand the options, it ends with
 * `usage`, not with its own 1. Whoever parses must expect the CommanderError that it then throws.
 */
export function newCommand(name: string, terminal: Terminal, usage: number = exitCode.usage): Command {
  return new Command(name)
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.error })
    .exitOverride((error) => {
      terminal.exit(error.exitCode === 0 ? exitCode.done : usage);
      throw error;
    });
}

export interface CommandSettings extends ExitCodes {
  /** As it is called: `trust add`. */
  name: string;
  /** What is said where it could not be done: `could not check`. */
  failure?: string;
  /** How far it had come, for whoever stops it. */
  progress?: () => string;
  /** Called after the reason was printed. */
  onFailure?: (failure: Failure) => void;
}

/** Why the work could not be done, and what the command ends with. */
export interface Failure {
  why: string;
  exitCode: number;
}

export interface CommandContext {
  /** Aborts on SIGINT and SIGTERM; a second one ends the process. */
  signal: AbortSignal;
  /** Prints why the work could not be done. The work itself calls it only if it goes on after that. */
  fail: (error: unknown) => Failure;
}

/**
 * The one way to run a command: does the work until it is done, fails or is stopped, prints why it failed, and sets the exit
 * code, which the work may resolve with (default 0). Never rejects.
 */
export async function runCommand(
  settings: CommandSettings,
  terminal: Terminal,
  work: (context: CommandContext) => Promise<number | void>,
): Promise<void> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  const fail = (error: unknown) => {
    const failure = stop.signal.aborted ? stopped(settings) : failureOf(error, settings);
    const prefix = `auditseal ${settings.name}:${settings.failure === undefined ? '' : ` ${settings.failure}:`}`;
    terminal.error(`${prefix} ${printableError(failure.why)}\n`);
    if (!stop.signal.aborted && isOurs(error)) terminal.error(`${printableError(String(error.stack))}\n`);
    settings.onFailure?.(failure);
    return failure;
  };
  try {
    terminal.exit((await work({ signal: stop.signal, fail })) ?? exitCode.done);
  } catch (error) {
    terminal.exit(fail(error).exitCode);
  } finally {
    process.removeListener('SIGINT', abort).removeListener('SIGTERM', abort);
  }
}

function stopped({ failed = exitCode.failed, progress }: CommandSettings): Failure {
  return { why: `stopped before the end${progress ? `: ${progress()}` : ''}`, exitCode: failed };
}

function failureOf(error: unknown, codes: ExitCodes): Failure {
  return { why: messageOf(error), exitCode: exitCodeOf(error, codes) };
}

/**
 * Whether an error is a fault of the program, so that the place in it helps. What users, files and servers cause has a code: the
 * rooms' own, the operating system's, Node's.
 */
export function isOurs(error: unknown): error is Error {
  return error instanceof Error && !('code' in error && typeof error.code === 'string');
}
