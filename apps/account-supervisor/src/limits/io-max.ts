/**
 * nm_io_read_max and nm_io_write_max, as io.max of the device that holds the slivers' files.
 *
 * What one sliver writes at once stands before everybody's fsync, in the journal of the file system and in the
 * queue of the device, where no weight reaches it. So nobody may write more than a part of what the disk takes
 * (accounts.disk_write_part), in bytes and in requests.
 */
import { type AccountName, amountOf, type ResourceName, type Rspec } from '@nodemgr/records';
import {
  DISCORD,
  type Division,
  howCeiled,
  LEAST_DISK_BYTES,
  type NodeFacts,
  type UnitLimit,
} from './limit.ts';

/** What is asked for can be had, or is no limit: 0. */
const askedOf = (effective: Rspec, resource: ResourceName): number => {
  const asked = amountOf(effective, resource);
  return asked <= 0 ? 0 : Math.max(LEAST_DISK_BYTES, asked);
};

/** A line of io.max or io.stat is a device and its counts; one device holds all of a sliver's files. */
function countsIn(text: string, key: string): readonly string[] {
  const pattern = new RegExp(`\\b${key}=(\\S+)`, 'g');
  return [...text.matchAll(pattern)].map(([, count = '']) => count);
}

function limitIn(text: string, key: string): number {
  const limits = countsIn(text, key).filter((count) => count !== 'max');
  return limits.length === 0 ? 0 : Math.min(...limits.map(Number));
}

const sumIn = (text: string, key: string): number =>
  countsIn(text, key).reduce((sum, count) => sum + Number(count), 0);

/** The value of the property is a path on the device, and the limit; systemd finds the device. Empty: none. */
const onDevice = (amount: number, { stateDir }: NodeFacts): string =>
  amount === 0 ? '' : `${stateDir} ${amount}`;

const SHOWN = { from: 'io.max', unit: 'bytes/s', zero: 'no limit', unset: 0 } as const;

export const IO_READ_MAX = {
  ...SHOWN,
  resources: ['nm_io_read_max'],
  label: 'disk reads',
  detail: 'io_read_max_bytes',
  wanted: (effective) => askedOf(effective, 'nm_io_read_max'),
  how: howCeiled('nm_io_read_max'),
  writtenBy: 'unit',
  property: 'IOReadBandwidthMax',
  write: onDevice,
  read: (text) => limitIn(text, 'rbps'),
  used: { file: 'io.stat', unit: 'bytes', read: (text) => sumIn(text, 'rbytes') },
} as const satisfies UnitLimit;

const writesOf = (effective: Rspec): number => askedOf(effective, 'nm_io_write_max');

function divideWrites(claims: ReadonlyMap<AccountName, Rspec>, { disk }: NodeFacts): Division {
  const asked = [...claims].map(([name, rspec]) => [name, writesOf(rspec)] as const);
  if (disk === undefined) return { amounts: new Map(asked), shortfall: undefined };
  const most = disk.bytes;
  const cut = asked.filter(([, amount]) => amount > most).map(([name]) => name);
  return {
    amounts: new Map(asked.map(([name, amount]) => [name, Math.min(amount || most, most)])),
    shortfall:
      cut.length === 0
        ? undefined
        : `${cut.length === 1 ? `${cut[0]} asks` : `${cut.length} slivers ask`} to write more than the ${most} bytes a second that one may, of what the disk takes`,
  };
}

/** How `enforced` follows from what is asked for. */
function howWritten(effective: Rspec, enforced: number): string | undefined {
  const asked = writesOf(effective);
  if (enforced !== asked)
    return `${asked === 0 ? 'no limit is asked for' : `${asked} is asked for`}: what one sliver may write is bounded, of what the disk takes (accounts.disk_write_part)`;
  return howCeiled('nm_io_write_max')(effective, enforced);
}

export const IO_WRITE_MAX = {
  ...SHOWN,
  resources: ['nm_io_write_max'],
  label: 'disk writes',
  detail: 'io_write_max_bytes',
  divide: divideWrites,
  how: howWritten,
  failure: { code: 'disk-writes', subject: 'disk writes', action: 'bound' },
  told: { what: 'share-changed', why: 'by its own, and by what the disk takes' },
  writtenBy: 'unit',
  property: 'IOWriteBandwidthMax',
  write: onDevice,
  along: (node) => [`IOWriteIOPSMax=${onDevice(node.disk?.writes ?? 0, node)}`],
  read: (text, { disk }) =>
    limitIn(text, 'wiops') === (disk?.writes ?? 0) ? limitIn(text, 'wbps') : DISCORD,
  used: { file: 'io.stat', unit: 'bytes', read: (text) => sumIn(text, 'wbytes') },
} as const satisfies UnitLimit;
