export { makeOperatorKey, readOperatorKey } from './operator-key.ts';
export {
  type AddedKey,
  addOperators,
  addTrust,
  operatorNames,
  readTrust,
  trustedOrigins,
} from './trust-file.ts';
