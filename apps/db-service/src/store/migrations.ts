/** The database's schema, version by version. A version is never changed once it has been released. */

interface Migration {
  readonly adds: readonly string[];
  readonly sql: string;
}

/** MIGRATIONS[n] leads from version n to n + 1; `PRAGMA user_version` holds where a file stands. */
export const MIGRATIONS: readonly Migration[] = [
  {
    adds: ['records', 'locals', 'removed', 'sources', 'holds', 'requests', 'meta'],
    sql: `
  CREATE TABLE records (key TEXT PRIMARY KEY, source TEXT NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE TABLE locals (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE removed (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE sources (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE holds (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE requests (id TEXT PRIMARY KEY, at INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT;
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  `,
  },
  {
    adds: ['events'],
    // `n` counts within an account and a lane, so that the oldest are found without counting all.
    sql: `
  CREATE TABLE events (
    account TEXT NOT NULL, lane INTEGER NOT NULL, n INTEGER NOT NULL,
    at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (account, lane, n)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX events_by_time ON events (at);
  `,
  },
  {
    adds: ['last_words'],
    sql: 'CREATE TABLE last_words (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;',
  },
  {
    adds: ['remarks'],
    sql: 'CREATE TABLE remarks (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;',
  },
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** tablesOf returns the tables that a file of this version has. */
export function tablesOf(version: number): readonly string[] {
  return MIGRATIONS.slice(0, version).flatMap(({ adds }) => adds);
}
