export { defineStatus } from './command.ts';
