export { defineRun } from './command.ts';
export { run, type RunOptions } from './run.ts';
