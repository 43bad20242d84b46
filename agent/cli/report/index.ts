export { defineReport } from './command.ts';
