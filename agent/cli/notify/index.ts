export { defineNotify } from './command.ts';
