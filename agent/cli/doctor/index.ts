export { defineDoctor } from './command.ts';
