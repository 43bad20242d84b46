export { defineExplain } from './command.ts';
