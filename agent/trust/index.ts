export { TrustError } from './error.ts';
export { makeOperatorKey, readOperatorKey } from './operator-key.ts';
export { type TrustFile, trustSchema } from './schema.ts';
export {
  type AddedKey,
  addPersons,
  addTrust,
  operatorNames,
  readHashedTrust,
  readTrust,
  trustedOrigins,
} from './trust-file.ts';
