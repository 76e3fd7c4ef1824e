/** The database's schema, version by version. A version is never changed once it has been released. */

/** MIGRATIONS[n] leads from version n to n + 1; `PRAGMA user_version` holds where a file stands. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE records (key TEXT PRIMARY KEY, source TEXT NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE TABLE locals (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE removed (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE sources (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE holds (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE requests (id TEXT PRIMARY KEY, at INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT;
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  `,
];

/** The tables of the newest version. */
export const TABLES = [
  'records',
  'locals',
  'removed',
  'sources',
  'holds',
  'requests',
  'meta',
] as const;

export const SCHEMA_VERSION = MIGRATIONS.length;
