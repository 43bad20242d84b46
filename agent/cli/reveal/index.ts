export { defineReveal } from './command.ts';
