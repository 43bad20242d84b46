export {
  type Checkpoint,
  openCheckpoint,
  openCosigned,
  parseCheckpoint,
  signCheckpoint,
} from './checkpoint.ts';
export {
  cosignatureDocument,
  cosignatureKinds,
  cosignatureTime,
  cosignaturesBy,
  parseWitnessKey,
  type WitnessKey,
} from './cosignature.ts';
export { CompactRange, consistencyProof, rootOf } from './compact-range.ts';
export { copiesNotices, type PossibleCopies } from './copies.ts';
export { Entries } from './entries.ts';
export { type EpochStart, startEpoch } from './epoch.ts';
export { SealError } from './error.ts';
export { hashBytes, leafHash, nodeHash, sha256, writeLeafHash } from './hash.ts';
export { eventDocumentId, eventId, logIdOf, noteDocumentId, recordDocumentId } from './ids.ts';
export { inclusionPath, type Opened, openSharedPath, rootOfPath, sharedPath } from './inclusion.ts';
export { jsonString, parseBase64 } from './json.ts';
export { exportKey, generateKey, importKey, type SigningKey } from './key.ts';
export { Log, type Sealed } from './log.ts';
export { batchKey, lineKey, macOf } from './mac.ts';
export {
  type EpochReason,
  type Gap,
  type Manifest,
  manifestBytes,
  type Notice,
  type Stretch,
  sumOf,
} from './manifest.ts';
export { type Moment, Moments, parseMoments } from './moments.ts';
export { openNote, signNote, splitNote, splitNotes } from './note.ts';
export {
  type NoteDocument,
  refusalNote,
  refusalText,
  type SignedRefusal,
  signedNoteDocument,
  startMarker,
  startText,
} from './notices.ts';
export { formatOrigin, isOrigin, logName, namePattern, parseOrigin } from './origin.ts';
export { recordBytes, type RecordParts } from './record.ts';
export { auditMember, firstForm, formOf, refusedForm, refusedForms } from './refused.ts';
export type { RefusedForm } from './refused.ts';
export { isRuleName, ruleNameForm } from './rule-name.ts';
export { formatSigner, parseSigner } from './signer.ts';
export {
  type EpochAcknowledgement,
  operatorNamePattern,
  type Erasure,
  indexesText,
  parseIndexes,
  parseStatement,
  type Retirement,
  type ShorterRetention,
  type Statement,
  statementDocumentId,
  statementText,
} from './statement.ts';
export { BatchSubtrees } from './subtrees.ts';
export { Tally } from './tally.ts';
export {
  parseSharedProofs,
  parseTlogProof,
  type SharedProof,
  sharedProofsText,
  type TlogProof,
  tlogProofText,
} from './tlog-proof.ts';
export { parseTimeStamp, type TimeStamp, timeStampDocument, timeStampQuery } from './time-stamp.ts';
export { Tree } from './tree.ts';
export { makeVerifierKey, parseVerifierKey, type VerifierKey } from './vkey.ts';
