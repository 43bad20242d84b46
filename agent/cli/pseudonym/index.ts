export { definePseudonym } from './command.ts';
