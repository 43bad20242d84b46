export { defineValidate } from './command.ts';
