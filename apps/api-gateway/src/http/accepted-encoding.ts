/** Reads Accept-Encoding (RFC 9110, 12.5.3). Pure; what is then done about it is not its concern. */

/** The names by which a client may ask for gzip; both are one format (RFC 9110, 8.4.1.3). */
export type GzipName = 'gzip' | 'x-gzip';

/** A weight has at most three decimals (RFC 9110, 12.4.2). */
const ENTRY = /^([!#$%&'*+.^_`|~0-9a-z-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/;

/** The weights of the codings named, by name in small letters. Entries that are malformed do not count. */
function weightsIn(header: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().split(',')) {
    const [, coding, weight = '1'] = ENTRY.exec(part.trim()) ?? [];
    if (coding !== undefined) weights.set(coding, Number(weight));
  }
  return weights;
}

/**
 * acceptedGzip returns the name under which a client takes gzip; undefined where it does not, or
 * would rather have the answer as it is. Without the header nothing is taken: clients that cannot
 * decompress say nothing.
 */
export function acceptedGzip(header: string | undefined): GzipName | undefined {
  if (header === undefined || header === '') return undefined;
  const weights = weightsIn(header);
  const name: GzipName = !weights.has('gzip') && weights.has('x-gzip') ? 'x-gzip' : 'gzip';
  const weight = weights.get(name) ?? weights.get('*') ?? 0;
  // Plain is always taken, but is preferred only where it is named.
  return weight > 0 && weight >= (weights.get('identity') ?? 0) ? name : undefined;
}
