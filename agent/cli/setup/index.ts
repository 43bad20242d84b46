export { defineSetup } from './command.ts';
