/**
 * A result of the API, readably: a struct as aligned lines, a list as lines, a string as it is. What
 * nests deeper is compact JSON. Pure.
 */
import { isStruct, type XmlRpcValue } from '@nodemgr/xml-rpc';
import { type Line, line, paragraph, span } from '../render/render-line.ts';
import { renderTable } from '../render/render-table.ts';

/** A result is never cut: its reader may need the end of it. */
const UNCUT = { width: undefined };

/** plainJson returns a value as JSON can carry it: dates as ISO 8601, bytes in base64. */
export function plainJson(value: XmlRpcValue): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value !== 'object' || value === null) return value;
  if (!isStruct(value)) return value.map(plainJson);
  return Object.fromEntries(
    Object.entries(value).map(([member, inner]) => [member, plainJson(inner)]),
  );
}

const isCompound = (value: XmlRpcValue): boolean => {
  const plain = plainJson(value);
  return typeof plain === 'object' && plain !== null;
};

function inline(value: XmlRpcValue): string {
  const plain = plainJson(value);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}

function structLines(members: readonly (readonly [string, XmlRpcValue])[]): readonly Line[] {
  const isLong = ([, value]: readonly [string, XmlRpcValue]) =>
    typeof value === 'string' && value.includes('\n');
  const rows = members.map((member) => (isLong(member) ? [] : [member]));
  if (rows.every((row) => row.length === 1)) {
    const cells = members.map(([name, value]) => [span(name, 'strong'), inline(value)]);
    return renderTable([{ title: '' }, { title: '' }], cells, UNCUT);
  }
  return members.flatMap(([name, value]) => [
    line(span(name, 'strong')),
    ...paragraph(inline(value), '  '),
  ]);
}

function listLines(list: readonly XmlRpcValue[]): readonly Line[] {
  const rows = list.filter((item) => Array.isArray(item) && !item.some(isCompound));
  if (rows.length === list.length) {
    // All are rows of scalars, such as loans.
    const cells = (rows as readonly (readonly XmlRpcValue[])[]).map((row) => row.map(inline));
    const width = Math.max(...cells.map((row) => row.length));
    return renderTable(Array(width).fill({ title: '' }), cells, UNCUT);
  }
  return list.flatMap((item) => paragraph(inline(item)));
}

/** renderValue returns the lines of a result. An empty list or struct is `[]` or `{}`. */
export function renderValue(value: XmlRpcValue): readonly Line[] {
  if (!isCompound(value)) return paragraph(inline(value).replace(/\n$/, ''));
  const isEmpty = Object.keys(value as object).length === 0;
  if (isEmpty) return [line(inline(value))];
  return isStruct(value)
    ? structLines(Object.entries(value))
    : listLines(value as readonly XmlRpcValue[]);
}
