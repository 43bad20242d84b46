export { defineErase } from './command.ts';
