/** Makes the answer to GetSlivers of the slices that slices.xml gives a node: the same testbed, as PLC 4 and later say it. Pure. */
import { AMOUNT_TAGS, SCRIPT_TEXT } from '@nodemgr/getslivers';
import { DEFAULT_IMAGE } from '@nodemgr/records';
import type { AcceptedDocument, Slice } from '@nodemgr/slices-xml';
import type { XmlRpcValue } from '@nodemgr/xml-rpc';

type Tag = { readonly tagname: string; readonly value: string };

/** PLC's word for an amount, in its units, or ours where it has none; of PLC's the first. */
function tagOf(resource: string, amount: number): Tag {
  const words = [...AMOUNT_TAGS].filter(
    ([, tag]) => tag.resource === resource && amount % tag.times === 0,
  );
  const [tagname, { times }] = words[0] ?? [resource, { times: 1 }];
  return { tagname, value: String(amount / times) };
}

function sliverOf(slice: Slice): XmlRpcValue {
  const { name, id, expiry, ssh_keys, rspec, initscript, image } = slice;
  const amounts = Object.entries(rspec).map(([resource, amount]) => tagOf(resource, amount));
  const script = initscript === '' ? [] : [{ tagname: SCRIPT_TEXT, value: initscript }];
  const keys = ssh_keys === '' ? [] : ssh_keys.split('\n');
  return {
    name,
    slice_id: id,
    instantiation: 'plc-instantiated',
    expires: expiry ?? null,
    // PLC's pages store them with their line end.
    keys: keys.map((key) => ({ key_type: 'ssh', key: `${key}\n` })),
    attributes: [...amounts, ...script],
    GetSliceFamily: image === DEFAULT_IMAGE ? null : image,
  };
}

/** PLC tells the leases of the next day, and numbers them. */
const TOLD_AHEAD = 86_400;

function leasesOf({ slices, leases }: Answered, now: number): XmlRpcValue {
  if (leases === undefined) return null;
  const ids = new Map(slices.map(({ name, id }) => [name, id]));
  const told = leases.record.leases.filter(
    ({ from, until }) => until > now && from < now + TOLD_AHEAD,
  );
  return told.map(({ slice, from, until }, at) => ({
    lease_id: at + 1,
    slice_id: ids.get(slice) ?? 0,
    name: slice,
    t_from: from,
    t_until: until,
  }));
}

type Answered = Pick<AcceptedDocument, 'slices' | 'leases'>;

/** makeAnswer returns what GetSlivers answers node `nodeId` at `now` (seconds since 1970). */
export function makeAnswer(document: Answered, nodeId: number, now: number): XmlRpcValue {
  const { slices, leases } = document;
  return {
    timestamp: now,
    node_id: nodeId,
    hostname: `planetlab${nodeId}.example.net`,
    interfaces: [{ is_primary: true, method: 'dhcp', type: 'ipv4', bwlimit: null }],
    groups: [],
    conf_files: [],
    initscripts: [],
    slivers: slices.map(sliverOf),
    accounts: [{ name: 'root', keys: [] }],
    reservation_policy: leases?.record.policy ?? 'none',
    leases: leasesOf(document, now),
    lease_granularity: 3600,
  };
}
