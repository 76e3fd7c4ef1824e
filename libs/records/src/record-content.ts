/**
 * What a record says, apart from when it was vouched for: compared, and written in one canonical way.
 * Pure. It does not judge which of two records counts; plan-update.ts does.
 */
import type { DeliveredRecord } from './record.ts';

/** sameContent reports whether two records differ in nothing but their timestamp. */
export function sameContent(a: DeliveredRecord, b: DeliveredRecord): boolean {
  return sameValue({ ...a, timestamp: 0 }, { ...b, timestamp: 0 });
}

/**
 * sameValue reports whether two plain values would read the same as JSON, whatever the order of their
 * keys. Compared in place: a thousand unchanged records a minute are not worth two thousand texts.
 */
function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [definedEntries(a), definedEntries(b)];
  if (left.length !== right.length) return false;
  const values = new Map(right);
  return left.every(([key, value]) => values.has(key) && sameValue(value, values.get(key)));
}

const definedEntries = (value: object): [string, unknown][] =>
  Object.entries(value).filter(([, inner]) => inner !== undefined);

/** contentOf returns a record's content as canonical text (keys sorted, no timestamp). */
export function contentOf(record: DeliveredRecord): string {
  const { timestamp: _, ...content } = record;
  return canonicalJson(content);
}

/** canonicalJson writes a plain value with the keys of every object sorted. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
