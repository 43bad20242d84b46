export { defineVerify } from './command.ts';
