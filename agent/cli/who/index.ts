export { defineWho } from './command.ts';
