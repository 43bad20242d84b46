export { defineTrust } from './command.ts';
