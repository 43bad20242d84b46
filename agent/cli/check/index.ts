export { defineCheck } from './command.ts';
