/**
 * Judges what an authority says of leases, in slices.xml or in an answer of GetSlivers: a lease that cannot be used is
 * left out alone, and a policy that cannot be read leaves the one that is known. Pure.
 */
import {
  ACCOUNT_NAME_RULE,
  type EpochSeconds,
  epochSeconds,
  inOrder,
  isSliceName,
  LEASES_KEY,
  type Lease,
  type LeasesRecord,
  MAX_LEASES,
  RESERVATION_POLICIES,
} from '@nodemgr/records';
import type { RawLease, RawLeases } from './raw-document.ts';
import { quote, type RemarkList } from './remark-list.ts';
import type { JudgedLeases } from './slices-document.ts';
import { readTime } from './xml-integer.ts';

const isPolicy = (text: string): text is LeasesRecord['policy'] =>
  RESERVATION_POLICIES.some((policy) => policy === text);

function readLease(raw: RawLease): Lease | string {
  const { slice = '' } = raw;
  if (!isSliceName(slice)) return `a name is like ${ACCOUNT_NAME_RULE}`;
  const [from, until] = [readTime(raw.from), readTime(raw.until)];
  if (from === undefined || until === undefined) {
    const [first, last] = [quote(raw.from ?? ''), quote(raw.until ?? '')];
    return `it is from ${first} until ${last}, not seconds since 1970 up to the year 9999`;
  }
  if (from >= until) return `it ends at ${until}, and begins at ${from}`;
  return { slice, from: epochSeconds(from), until: epochSeconds(until) };
}

/**
 * Where there are too many, those that were over first make room, and are not worth a remark: no more of them than is
 * needed, for the clock that says so may be wrong.
 */
function withRoom(leases: readonly Lease[], asOf: EpochSeconds): readonly Lease[] {
  const excess = leases.length - MAX_LEASES;
  if (excess <= 0) return leases;
  const over = leases.filter(({ until }) => until <= asOf).sort((a, b) => a.until - b.until);
  const gone = new Set(over.slice(0, excess));
  return leases.filter((lease) => !gone.has(lease));
}

/**
 * judgeLeases returns the record of a node's leases; undefined: it is not reservable, and leases mean nothing. `asOf`:
 * when the authority said so.
 */
export function judgeLeases(
  { at, policy, again, leases }: RawLeases,
  asOf: EpochSeconds,
  remarks: RemarkList,
): JudgedLeases | undefined {
  for (const other of again.filter((one) => one.policy !== policy)) {
    const text = `the reservation policy ${quote(other.policy)} comes after ${quote(policy)}, which counts`;
    remarks.trouble(other.at, text);
  }
  if (policy === 'none') return undefined;
  const known = isPolicy(policy);
  if (!known) {
    const wanted = RESERVATION_POLICIES.join(', ');
    const text = `the reservation policy ${quote(policy)} is none of ${wanted}; the one that is known stays`;
    remarks.trouble(at, text);
  }
  const read: Lease[] = [];
  for (const raw of leases) {
    const lease = readLease(raw);
    if (typeof lease !== 'string') read.push(lease);
    else {
      const whose = quote(raw.slice ?? '');
      remarks.trouble(raw.at, `a lease of slice ${whose} cannot be used: ${lease}`);
    }
  }
  const ordered = withRoom(inOrder(read), asOf);
  if (ordered.length > MAX_LEASES) {
    remarks.trouble(at, `${ordered.length - MAX_LEASES} leases are cut: ${MAX_LEASES} are kept`);
  }
  return {
    record: {
      record_key: LEASES_KEY,
      timestamp: epochSeconds(0),
      policy: known ? policy : 'none',
      leases: ordered.slice(0, MAX_LEASES),
    },
    unreadable: known ? [] : ['policy'],
  };
}
