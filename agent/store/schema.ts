/** PRAGMA user_version of the state database. A newer one is refused untouched. */
export const stateVersion = 1;

export const schema = `
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
