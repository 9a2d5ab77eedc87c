/** `CMGW`, in the file's header, marks a database of this gateway (PRAGMA application_id). */
export const APPLICATION_ID = 0x43_4d_47_57

/**
 * The migrations that make the schema; `PRAGMA user_version` counts them. A migration that was released is never
 * changed. Times are milliseconds since 1970 in UTC, days are counted from 1970-01-01, money is micro-USD.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    note TEXT NOT NULL,
    models TEXT NOT NULL CHECK (json_valid(models)),
    requests_per_minute INTEGER CHECK (requests_per_minute > 0),
    images_per_minute INTEGER CHECK (images_per_minute > 0),
    max_in_flight INTEGER CHECK (max_in_flight > 0),
    budget_micros INTEGER CHECK (budget_micros >= 0),
    budget_period TEXT CHECK (budget_period IN ('day', 'week', 'month', 'total')),
    expires_at INTEGER,
    is_disabled INTEGER NOT NULL CHECK (is_disabled IN (0, 1)),
    revoked_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((budget_micros IS NULL) = (budget_period IS NULL))
  ) STRICT;

  CREATE TABLE secrets (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    key_id INTEGER NOT NULL REFERENCES keys (id),
    hint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    valid_until INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX secrets_of_key ON secrets (key_id);

  -- Counts the changes to keys, so that every process can tell whether what it has in memory still holds.
  CREATE TABLE key_revision (revision INTEGER NOT NULL) STRICT;
  INSERT INTO key_revision VALUES (0);
  CREATE TRIGGER keys_inserted AFTER INSERT ON keys BEGIN UPDATE key_revision SET revision = revision + 1; END;
  CREATE TRIGGER keys_updated AFTER UPDATE ON keys BEGIN UPDATE key_revision SET revision = revision + 1; END;
  CREATE TRIGGER keys_deleted AFTER DELETE ON keys BEGIN UPDATE key_revision SET revision = revision + 1; END;
  CREATE TRIGGER secrets_inserted AFTER INSERT ON secrets BEGIN UPDATE key_revision SET revision = revision + 1; END;
  CREATE TRIGGER secrets_updated AFTER UPDATE ON secrets BEGIN UPDATE key_revision SET revision = revision + 1; END;
  CREATE TRIGGER secrets_deleted AFTER DELETE ON secrets BEGIN UPDATE key_revision SET revision = revision + 1; END;

  -- What a virtual key has spent and holds, by day, so that every kind of period is a sum over a few neighbouring
  -- rows. Day -1 is the sum of all days; it also counts what is open.
  CREATE TABLE accounts (
    key_id INTEGER NOT NULL REFERENCES keys (id),
    day INTEGER NOT NULL,
    spent_micros INTEGER NOT NULL DEFAULT 0 CHECK (spent_micros >= 0),
    held_micros INTEGER NOT NULL DEFAULT 0 CHECK (held_micros >= 0),
    open_holds INTEGER NOT NULL DEFAULT 0 CHECK (open_holds >= 0),
    PRIMARY KEY (key_id, day)
  ) STRICT, WITHOUT ROWID;

  -- Money that is reserved for a generation under way: written before it is sent, gone when it is booked. The number
  -- is never used again, so that nothing can be ended twice.
  CREATE TABLE holds (
    id INTEGER PRIMARY KEY,
    instance INTEGER NOT NULL,
    generation_id TEXT NOT NULL,
    held_at INTEGER NOT NULL,
    key_name TEXT NOT NULL,
    key_id INTEGER,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    size TEXT NOT NULL,
    quality TEXT NOT NULL,
    n INTEGER NOT NULL,
    held_micros INTEGER CHECK (held_micros >= 0)
  ) STRICT;

  -- The ledger: one row per generation, when it has ended. Rows are only added; pruning takes the oldest away.
  CREATE TABLE generations (
    seq INTEGER PRIMARY KEY,
    generation_id TEXT NOT NULL,
    held_at INTEGER NOT NULL,
    key_name TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    size TEXT NOT NULL,
    quality TEXT NOT NULL,
    n INTEGER NOT NULL,
    held_micros INTEGER CHECK (held_micros >= 0),
    outcome TEXT NOT NULL CHECK (outcome IN ('completed', 'failed', 'ambiguous', 'abandoned')),
    cost_micros INTEGER CHECK (cost_micros >= 0),
    is_estimated INTEGER NOT NULL CHECK (is_estimated IN (0, 1)),
    images INTEGER NOT NULL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    total_tokens INTEGER,
    input_text_tokens INTEGER,
    input_image_tokens INTEGER,
    input_cached_tokens INTEGER,
    output_text_tokens INTEGER,
    output_image_tokens INTEGER,
    error_code TEXT,
    upstream_request_id TEXT,
    ended_at INTEGER NOT NULL,
    upstream_ms INTEGER,
    duration_ms INTEGER
  ) STRICT;
  -- Both are in the order in which they ended: an index ends in the row number.
  CREATE INDEX generations_of_key ON generations (key_name);
  CREATE INDEX generations_failed ON generations (seq) WHERE outcome <> 'completed';

  -- Sums of what has ended, by the day of the hold: reports need not read the ledger, and outlive its pruning.
  CREATE TABLE daily_totals (
    day INTEGER NOT NULL,
    key_name TEXT NOT NULL,
    model TEXT NOT NULL,
    generations INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    images INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost_micros INTEGER NOT NULL,
    estimated_micros INTEGER NOT NULL,
    PRIMARY KEY (day, key_name, model)
  ) STRICT, WITHOUT ROWID;

  -- Running gateways; what an instance that is dead left open is booked by another one.
  CREATE TABLE instances (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL,
    heartbeat_at INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- The Idempotency-Keys of callers, as digests, with the order that has each. A key is taken with the order's hold.
  CREATE TABLE order_keys (
    key TEXT PRIMARY KEY,
    order_digest TEXT NOT NULL,
    generation_id TEXT NOT NULL,
    -- While this hold is open, the generation is under way.
    hold_id INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX order_keys_by_expiry ON order_keys (expires_at);
  `,
  `
  -- Parameters that are filled in where the holder of a key leaves them out: name → value, as text.
  ALTER TABLE keys ADD COLUMN defaults TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(defaults));
  `,
  `
  -- Tells this database from all others.
  CREATE TABLE identity (id TEXT NOT NULL) STRICT;
  INSERT INTO identity VALUES (lower(hex(randomblob(16))));
  `,
  `
  -- The money that all callers together have spent and hold, by day; day -1 is the sum of all days.
  CREATE TABLE spending (
    day INTEGER PRIMARY KEY,
    spent_micros INTEGER NOT NULL DEFAULT 0 CHECK (spent_micros >= 0),
    held_micros INTEGER NOT NULL DEFAULT 0 CHECK (held_micros >= 0)
  ) STRICT;
  INSERT INTO spending SELECT day, sum(cost_micros), 0 FROM daily_totals GROUP BY day;
  INSERT INTO spending SELECT held_at / 86400000, 0, sum(coalesce(held_micros, 0)) FROM holds WHERE true GROUP BY 1
    ON CONFLICT (day) DO UPDATE SET held_micros = excluded.held_micros;
  INSERT INTO spending SELECT -1, coalesce(sum(spent_micros), 0), coalesce(sum(held_micros), 0) FROM spending;
  `,
  `
  -- The most that one request may cost.
  ALTER TABLE keys ADD COLUMN max_cost_micros INTEGER CHECK (max_cost_micros >= 0);
  `,
  `
  -- Messages to the operator, each recorded with what caused it. That a row is there says that nobody sends it again.
  CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL DEFAULT (lower(hex(randomblob(12)))),
    kind TEXT NOT NULL,
    key_name TEXT NOT NULL,
    period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month', 'total')),
    -- The first day of the period; 0 for all days.
    first_day INTEGER NOT NULL,
    limit_micros INTEGER NOT NULL,
    threshold INTEGER NOT NULL,
    spent_micros INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- superseded: a higher threshold was reached at the same time.
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'given_up', 'superseded')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    ended_at INTEGER,
    UNIQUE (kind, key_name, period, first_day, limit_micros, threshold)
  ) STRICT;
  CREATE INDEX alerts_pending ON alerts (due_at) WHERE state = 'pending';
  `,
  `
  -- The pictures that are kept, each a file that is named by its id.
  CREATE TABLE pictures (
    id TEXT PRIMARY KEY,
    extension TEXT NOT NULL,
    key_name TEXT NOT NULL,
    generation_id TEXT NOT NULL,
    model TEXT NOT NULL,
    size TEXT NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    sha256 TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pictures_by_age ON pictures (created_at, id);
  CREATE INDEX pictures_by_expiry ON pictures (expires_at);

  -- The sums over all pictures, and the secret that links to them are signed with.
  CREATE TABLE shelf (pictures INTEGER NOT NULL, bytes INTEGER NOT NULL, link_secret BLOB NOT NULL) STRICT;
  INSERT INTO shelf VALUES (0, 0, randomblob(32));
  CREATE TRIGGER pictures_inserted AFTER INSERT ON pictures BEGIN
    UPDATE shelf SET pictures = pictures + 1, bytes = bytes + NEW.bytes;
  END;
  CREATE TRIGGER pictures_deleted AFTER DELETE ON pictures BEGIN
    UPDATE shelf SET pictures = pictures - 1, bytes = bytes - OLD.bytes;
  END;
  `,
]
