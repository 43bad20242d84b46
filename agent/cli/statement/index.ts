export { defineStatement } from './command.ts';
