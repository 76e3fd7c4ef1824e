/** nm_io_read_max and nm_io_write_max, as io.max of the device that holds the slivers' files. */
import { amountOf, type ResourceName } from '@nodemgr/records';
import { howCeiled, type UnitLimit } from './limit.ts';

/** With less a sliver does not start within the time that its unit has. Bytes a second. */
const LEAST = 65_536;

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

interface Direction<Name extends ResourceName> {
  readonly resource: Name;
  readonly label: string;
  readonly detail: string;
  readonly property: string;
  /** In io.max, and in io.stat (cgroup-v2.rst). */
  readonly key: string;
  readonly counted: string;
}

/** The value of the property is a path on the device, and the limit; systemd finds the device. Empty: none. */
function ioMax<const Name extends ResourceName>(direction: Direction<Name>) {
  const { resource, label, detail, property, key, counted } = direction;
  return {
    resources: [resource],
    from: 'io.max',
    unit: 'bytes/s',
    zero: 'no limit',
    unset: 0,
    label,
    detail,
    wanted: (effective) => {
      const asked = amountOf(effective, resource);
      return asked <= 0 ? 0 : Math.max(LEAST, asked);
    },
    how: howCeiled(resource),
    writtenBy: 'unit',
    property,
    write: (amount, { stateDir }) => (amount === 0 ? '' : `${stateDir} ${amount}`),
    read: (text) => limitIn(text, key),
    used: { file: 'io.stat', unit: 'bytes', read: (text) => sumIn(text, counted) },
  } as const satisfies UnitLimit & { readonly resources: readonly [Name] };
}

export const IO_READ_MAX = ioMax({
  resource: 'nm_io_read_max',
  label: 'disk reads',
  detail: 'io_read_max_bytes',
  property: 'IOReadBandwidthMax',
  key: 'rbps',
  counted: 'rbytes',
});

export const IO_WRITE_MAX = ioMax({
  resource: 'nm_io_write_max',
  label: 'disk writes',
  detail: 'io_write_max_bytes',
  property: 'IOWriteBandwidthMax',
  key: 'wbps',
  counted: 'wbytes',
});
