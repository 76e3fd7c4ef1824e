/**
 * Reads what can still be read of a damaged database: every row that SQLite gives out, from both ends
 * of each table, since a damaged page ends a scan. Nothing is written to the damaged file.
 */
import Database from 'better-sqlite3';

/** A row as it was found: not yet checked. */
export interface SalvagedRow {
  readonly table: string;
  readonly key: string;
  readonly source?: string;
  readonly body: string;
}

/** Tables worth saving. `sources` and `holds` are not: the last good document is delivered again. */
const TABLES = ['records', 'locals', 'removed'] as const;

function scan(db: Database.Database, table: string, order: 'ASC' | 'DESC'): SalvagedRow[] {
  const found: SalvagedRow[] = [];
  const columns = table === 'records' ? 'key, source, body' : 'key, body';
  try {
    // NOT INDEXED: the table's own pages, not the index, which may be the damaged part.
    const statement = db.prepare<[], Omit<SalvagedRow, 'table'>>(
      `SELECT ${columns} FROM ${table} NOT INDEXED ORDER BY rowid ${order}`,
    );
    for (const row of statement.iterate()) found.push({ table, ...row });
  } catch {
    // The damaged page: what was read before it is the result, and the other end is read as well.
  }
  return found;
}

/** salvageRows returns the readable rows of the database at `file`; none when nothing is readable. */
export function salvageRows(file: string): readonly SalvagedRow[] {
  let db: Database.Database | undefined;
  try {
    const opened = new Database(file);
    db = opened;
    opened.pragma('query_only = ON');
    const rows = new Map<string, SalvagedRow>();
    for (const table of TABLES) {
      for (const row of [...scan(opened, table, 'ASC'), ...scan(opened, table, 'DESC')]) {
        rows.set(`${table} ${row.key}`, row);
      }
    }
    return [...rows.values()];
  } catch {
    // Not even a header: there is nothing to save, and the file stays for inspection.
    return [];
  } finally {
    db?.close();
  }
}
