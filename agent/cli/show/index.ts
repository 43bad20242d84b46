export { defineShow } from './command.ts';
