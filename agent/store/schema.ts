/** Version 1; what came after it is in `migrations`. */
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
  status INTEGER NOT NULL,
  type TEXT NOT NULL,
  message TEXT NOT NULL,
  at TEXT NOT NULL,
  noticed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (epoch, idx)
) STRICT;
`;

/** 2: counters that outlive the process, what the operator should know (`observed`), and the times of a batch's events. */
const observation = `
ALTER TABLE source ADD COLUMN observed TEXT;
ALTER TABLE batch ADD COLUMN oldest TEXT;
ALTER TABLE batch ADD COLUMN moments TEXT NOT NULL DEFAULT '[]';
CREATE TABLE tally (
  source TEXT NOT NULL REFERENCES source(name),
  kind TEXT NOT NULL,
  label TEXT NOT NULL,
  value INTEGER NOT NULL,
  start_value INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (source, kind, label)
) STRICT;
INSERT INTO tally SELECT name, 'dropped', 'earlier', dropped_events,
  dropped_events - (SELECT total(dropped) FROM batch WHERE source = name AND held = 1) FROM source WHERE dropped_events > 0;
INSERT INTO tally SELECT name, 'gaps', 'earlier', gaps,
  gaps - (SELECT total(gaps) FROM batch WHERE source = name AND held = 1) FROM source WHERE gaps > 0;
`;

/** 3: which write indices were seen last, and what may exist more than once and was not announced yet. */
const copies = `
ALTER TABLE source ADD COLUMN events_index TEXT;
ALTER TABLE source ADD COLUMN records_index TEXT;
CREATE TABLE copies (
  source TEXT NOT NULL REFERENCES source(name),
  origin TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (origin, first, last)
) STRICT;
`;

/** What leads from each version of the state to the next, from an empty database (0) on. */
export const migrations = [schema, observation, copies] as const;

/** PRAGMA user_version of the state database. A newer one is refused untouched, an older one migrated at open. */
export const stateVersion = migrations.length;
