export { SealError } from './error.ts';
export { hashBytes, leafHash, nodeHash, sha256, writeLeafHash } from './hash.ts';
export { Tree } from './tree.ts';
export { jsonString, parseBase64 } from './json.ts';
export { makeVerifierKey, parseVerifierKey, type VerifierKey } from './vkey.ts';
export { exportKey, generateKey, importKey, type SigningKey } from './key.ts';
export { formatSigner, parseSigner } from './signer.ts';
export { openNote, signNote } from './note.ts';
export { openCheckpoint, parseCheckpoint, signCheckpoint, type Checkpoint } from './checkpoint.ts';
export {
  formatEpoch,
  formatOrigin,
  isOrigin,
  logName,
  namePattern,
  parseOrigin,
  type Origin,
} from './origin.ts';
export {
  eventDocumentId,
  eventId,
  logIdOf,
  recordDocumentId,
  refusalDocumentId,
  startDocumentId,
} from './ids.ts';
export {
  manifestBytes,
  sumOf,
  type EpochReason,
  type Gap,
  type Manifest,
  type Notice,
  type Position,
  type Stretch,
} from './manifest.ts';
export { batchKey, lineKey, macOf } from './mac.ts';
export { isRuleName } from './rule-name.ts';
export { recordBytes, type RecordParts } from './record.ts';
export { auditMember, formOf, refusedForm } from './refused.ts';
export { copiesNotices, type PossibleCopies } from './copies.ts';
export { noteDocument, refusalText, signedNoteDocument, startText } from './notices.ts';
export {
  operatorNamePattern,
  parseStatement,
  statementDocumentId,
  statementText,
  type EpochAcknowledgement,
  type Retirement,
  type Statement,
} from './statement.ts';
export { Entries } from './entries.ts';
export { Log, type LogState, type Sealed } from './log.ts';
export { isBefore, Tally, type Run } from './tally.ts';
export { startEpoch, type EpochStart } from './epoch.ts';
