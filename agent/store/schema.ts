/**
 * What the state database holds. Versions 1 to 3 were of a signed format that was not final: what they have sealed, no verifier
 * of this release takes.
 */
const schema = `
CREATE TABLE source (
  name TEXT PRIMARY KEY,
  secret BLOB NOT NULL,
  tail TEXT,
  policy TEXT,
  config TEXT,
  start_counter INTEGER NOT NULL DEFAULT 0,
  start_state TEXT NOT NULL DEFAULT 'answered',
  start_tail TEXT,
  observed TEXT,
  events_index TEXT,
  records_index TEXT,
  read_lines INTEGER NOT NULL DEFAULT 0,
  pieces INTEGER NOT NULL DEFAULT 0,
  dropped_events INTEGER NOT NULL DEFAULT 0,
  gaps INTEGER NOT NULL DEFAULT 0,
  sealed_events INTEGER NOT NULL DEFAULT 0,
  sealed_batches INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE epoch (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL REFERENCES source(name),
  origin TEXT NOT NULL UNIQUE,
  vkey TEXT NOT NULL,
  private_key BLOB,
  reason TEXT NOT NULL,
  previous TEXT,
  made_at TEXT NOT NULL,
  next_batch INTEGER NOT NULL DEFAULT 0,
  size INTEGER NOT NULL DEFAULT 0,
  frontier BLOB NOT NULL DEFAULT x'',
  checkpoint TEXT,
  sealed_at TEXT,
  closed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE batch (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL,
  epoch INTEGER NOT NULL REFERENCES epoch(id),
  number INTEGER NOT NULL,
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  held INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  newest TEXT,
  record BLOB NOT NULL,
  read INTEGER NOT NULL,
  pieces INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  gaps INTEGER NOT NULL,
  oldest TEXT,
  moments TEXT NOT NULL DEFAULT '[]',
  UNIQUE (epoch, number)
) STRICT;
CREATE INDEX batch_source ON batch(source, seq);

CREATE TABLE member (
  seq INTEGER NOT NULL REFERENCES batch(seq) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (seq, n)
) STRICT;

CREATE TABLE refusal (
  epoch INTEGER NOT NULL REFERENCES epoch(id),
  idx INTEGER NOT NULL,
  form TEXT NOT NULL,
  status INTEGER NOT NULL,
  type TEXT NOT NULL,
  message TEXT NOT NULL,
  at TEXT NOT NULL,
  noticed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (epoch, idx, form)
) STRICT;

CREATE TABLE tally (
  source TEXT NOT NULL REFERENCES source(name),
  kind TEXT NOT NULL,
  label TEXT NOT NULL,
  value INTEGER NOT NULL,
  start_value INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (source, kind, label)
) STRICT;

CREATE TABLE copies (
  source TEXT NOT NULL REFERENCES source(name),
  origin TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (origin, first, last)
) STRICT;
`;

/** What endpoints are to be told, in order, until they were. */
const outbox = `
CREATE TABLE notification (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  endpoint TEXT NOT NULL,
  key TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (endpoint, key)
) STRICT;
CREATE INDEX notification_endpoint ON notification(endpoint, seq);
`;

/** How far each witness has followed each log (agent/witness/line.ts). */
const cosigning = `
CREATE TABLE cosigning (
  source TEXT NOT NULL REFERENCES source(name),
  origin TEXT NOT NULL,
  witness TEXT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (source, origin, witness)
) STRICT;
`;

/** The oldest version that is migrated; those before are refused. */
export const oldestState = 4;

/** The first makes an empty database one of the oldest version; each of the others leads to the next. */
export const migrations = [schema, outbox, cosigning] as const;

/** PRAGMA user_version of the state database. A newer one is refused untouched, an older one migrated at open. */
export const stateVersion = oldestState + migrations.length - 1;

/** What to do with a state folder of a version that cannot be continued. */
export function tooOld(path: string, version: number): string {
  return (
    `${path}: is of an earlier auditseal (state version ${version}), whose signed format this one does not continue; ` +
    'let the earlier one deliver what waits, stop it, and move the state folder away: a new epoch begins'
  );
}
