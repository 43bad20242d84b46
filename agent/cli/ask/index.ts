export { defineAsk } from './command.ts';
