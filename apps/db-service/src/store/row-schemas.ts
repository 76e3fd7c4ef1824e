/** The schemas of the database's rows: a row that fails its schema does not count. Pure. */
import {
  deliveredRemarkSchema,
  digestSchema,
  eventSchema,
  type NodeEvent,
  remarkSchema,
  unreadableSchema,
} from '@nodemgr/contracts';
import {
  deliveredRecordSchema,
  epochSecondsSchema,
  localFactsSchema,
  recordKeySchema,
  sourceSchema,
} from '@nodemgr/records';
import * as z from 'zod';
import { remarksKey } from '../deliver/remarks.ts';
import {
  FORGOTTEN,
  type Hold,
  type LastWord,
  type Remarks,
  type Removed,
  type Row,
  type Salvage,
  type SourceState,
} from './node-state.ts';

const removedSchema: z.ZodType<Removed> = z.strictObject({
  reason: z.enum(['expired', 'document']),
  removed_at: epochSecondsSchema,
  untimed: z.literal(true).optional(),
});

const sourceStateSchema: z.ZodType<SourceState> = z.object({
  timestamp: epochSecondsSchema,
  digest: z.string().optional() as z.ZodType<string | undefined>,
  boot_id: z.string().optional() as z.ZodType<string | undefined>,
}) as unknown as z.ZodType<SourceState>;

const holdSchema = z.object({
  source: sourceSchema,
  timestamp: epochSecondsSchema,
  digest: z.string(),
  boot_id: z.string().optional(),
  since: epochSecondsSchema,
  refusal: z.object({
    population: z.int(),
    would_remove: z.array(z.string()),
    reason: z.string(),
  }),
  records: z.array(deliveredRecordSchema),
  // Holds of before there was any of these three say nothing of it.
  unusable: z.array(z.object({ record_key: z.string(), why: z.string() })).default([]),
  unreadable: z.array(unreadableSchema).default([]),
  remarks: z.array(deliveredRemarkSchema).default([]),
}) as unknown as z.ZodType<Hold>;

const lastWordSchema: z.ZodType<LastWord> = z.strictObject({
  issued: epochSecondsSchema,
  ticket: digestSchema.optional(),
  untimed: z.literal(true).optional(),
});

const lastWordKeySchema = z.union([z.literal(FORGOTTEN), recordKeySchema]);

const remarksSchema = z.strictObject({
  source: sourceSchema,
  record_key: z.string().max(64).optional(),
  remarks: z.array(remarkSchema).min(1),
}) as unknown as z.ZodType<Remarks>;

const salvageSchema: z.ZodType<Salvage> = z.object({
  at: z.number(),
  reason: z.string(),
  set_aside: z.string(),
});

/** readSalvage returns the note of a salvage as it is stored; throws when it is none. */
export function readSalvage(text: string): Salvage {
  return salvageSchema.parse(JSON.parse(text));
}

/** A row as the file has it. */
export interface StoredRow {
  readonly table: string;
  readonly key: string;
  readonly source?: string;
  readonly body: string;
}

function valueOfRow({ table, key, source, body }: StoredRow): Row {
  const value: unknown = JSON.parse(body);
  switch (table) {
    case 'records': {
      const record = deliveredRecordSchema.parse(value);
      if (record.record_key !== key) throw new Error(`holds ${record.record_key}`);
      return {
        table,
        key: record.record_key,
        value: { record, source: sourceSchema.parse(source) },
      };
    }
    case 'locals':
      return { table, key: recordKeySchema.parse(key), value: localFactsSchema.parse(value) };
    case 'removed':
      return { table, key: recordKeySchema.parse(key), value: removedSchema.parse(value) };
    case 'sources':
      return { table, key: sourceSchema.parse(key), value: sourceStateSchema.parse(value) };
    case 'holds':
      return { table, key: sourceSchema.parse(key), value: holdSchema.parse(value) };
    case 'last_words':
      return { table, key: lastWordKeySchema.parse(key), value: lastWordSchema.parse(value) };
    case 'remarks': {
      const remarks = remarksSchema.parse(value);
      const own = remarksKey(remarks.source, remarks.record_key);
      if (own !== key) throw new Error(`holds ${own}`);
      return { table, key: own, value: remarks };
    }
    default:
      throw new Error('no such table');
  }
}

export interface BadRow {
  readonly table: string;
  readonly key: string;
  readonly why: string;
}

/** readRow returns a stored row checked, or what is wrong with it: it holds up nothing but itself. */
export function readRow(stored: StoredRow): { row: Row } | { bad: BadRow } {
  try {
    return { row: valueOfRow(stored) };
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    // Of a damaged page a key may be no text at all.
    return { bad: { table: stored.table, key: String(stored.key), why } };
  }
}

/** An event as the file has it. */
export interface StoredEvent {
  readonly account: string;
  readonly at: number;
  readonly body: string;
}

/** readEvent returns a stored event checked; undefined when it is none. */
export function readEvent({ account, at, body }: StoredEvent): NodeEvent | undefined {
  try {
    return eventSchema.parse({ ...(JSON.parse(body) as object), account, at });
  } catch {
    // One that cannot be read is lost; it holds up none of the others.
    return undefined;
  }
}
