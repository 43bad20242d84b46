import { CommanderError } from 'commander';
import { crashWithFailed } from './crash.ts';
import { programOf } from './program.ts';
import { processTerminal } from './terminal/terminal.ts';

crashWithFailed();
const program = await programOf(processTerminal(), process.argv[2]);
try {
  await program.parseAsync();
} catch (error) {
  // commander has printed the reason, and the exit code is set.
  if (!(error instanceof CommanderError)) throw error;
}
