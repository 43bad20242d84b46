import { CommanderError } from 'commander';
import type { Command } from 'commander';
import type { Terminal } from '../../agent/cli/terminal/terminal.ts';

/** What a command printed, and what it ended with: -1 before its end. */
export interface Captured {
  code: number;
  out: string;
  error: string;
}

/** Runs a command of agent/cli/ in this process, which it neither ends nor changes. `columns`: of the terminal that it is to take us for. */
export async function captured(
  define: (terminal: Terminal) => Command,
  parameters: readonly string[],
  columns?: number,
): Promise<Captured> {
  const all: Captured = { code: -1, out: '', error: '' };
  const command = define({
    out: (text) => void (all.out += text),
    error: (text) => void (all.error += text),
    exit: (code) => void (all.code = code),
    columns,
  });
  await command.parseAsync([...parameters], { from: 'user' }).catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error;
  });
  return all;
}
