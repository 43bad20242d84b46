export { PseudonymError } from './error.ts';
export { pseudonymKey } from './key.ts';
export type { PseudonymKey } from './key.ts';
export { makePseudonymKey, readPseudonymKey } from './key-file.ts';
export { Pseudonymizer } from './pseudonymizer.ts';
export type { PseudonymizerOptions } from './pseudonymizer.ts';
export { pseudonymOf, Pseudonyms } from './pseudonyms.ts';
export { pseudonymRules } from './replacement.ts';
export { candidatesMax, keyIdOf, pseudonymIn, Revealer, sizeOf } from './reveal.ts';
