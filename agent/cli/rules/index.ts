export { defineRules } from './command.ts';
