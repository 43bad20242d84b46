export { defineProof } from './command.ts';
export { proveInto } from './make-folder.ts';
