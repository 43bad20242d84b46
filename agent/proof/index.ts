export { checkProof, type Checked, type CheckedEvent } from './check.ts';
export { ProofError } from './error.ts';
export { readFolder } from './folder.ts';
export { entriesMax, findEvents, type Found, type Wanted } from './found.ts';
export { makeProof, type Proof } from './make.ts';
export { newestCheckpoints } from './newest.ts';
export { filesOf, writeProof } from './write.ts';
