export { defineCheckpoint } from './command.ts';
