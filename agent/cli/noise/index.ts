export { defineNoise } from './command.ts';
