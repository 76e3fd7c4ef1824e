/** The slices of the tests: twenty of one person's, and what a test would have different. Pure. */
import { documentXml, type SliceSpec, sliceXml } from '../../support/slices-document.ts';

export const SLIVERS = Array.from(
  { length: 20 },
  (_, place) => `lab_s${String(place + 1).padStart(2, '0')}`,
);

/** Who has keys: person ids of PLC. */
export const PEOPLE = { tenant: 1, stranger: 2 } as const;
/** The only sliver that is the stranger's and not the tenant's. */
export const STRANGERS = 'lab_s20';

export interface PublicKeys {
  readonly tenant: string;
  readonly stranger: string;
}

/** What differs from the testbed as it begins: fields of a slice, or that it is not there. */
export type Differences = Readonly<Record<string, Partial<SliceSpec> | 'absent'>>;

function keyXml(person: number, key: string): string {
  return `<key person_id="${person}" type="ssh" value="${key.trim()}"/>`;
}

function asItBegins(name: string, place: number): SliceSpec {
  const user = name === STRANGERS ? PEOPLE.stranger : PEOPLE.tenant;
  return { name, id: place + 1, users: [user] };
}

/**
 * testbed writes the document; a name in `differences` that is not among SLIVERS is one more slice, and `more` are
 * elements beside the slices.
 */
export function testbed(
  keys: PublicKeys,
  differences: Differences = {},
  ...more: readonly string[]
): string {
  const names = [...new Set([...SLIVERS, ...Object.keys(differences)])];
  const slices = names.flatMap((name, place) => {
    const difference = differences[name] ?? {};
    return difference === 'absent' ? [] : [{ ...asItBegins(name, place), ...difference }];
  });
  return documentXml(
    ...slices.map(sliceXml),
    keyXml(PEOPLE.tenant, keys.tenant),
    keyXml(PEOPLE.stranger, keys.stranger),
    ...more,
  );
}
