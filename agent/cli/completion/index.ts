export { defineCompletion } from './command.ts';
