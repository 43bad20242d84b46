export { StoreError } from './error.ts';
export { Committer } from './committer.ts';
export { outboxRowsMax } from './outbox.ts';
export { release } from './release.ts';
export { readStatus, type SourceStatus, type StateStatus } from './status.ts';
export type * from './types.ts';
export { Store } from './store.ts';
export { talliesOf } from './tallies.ts';
