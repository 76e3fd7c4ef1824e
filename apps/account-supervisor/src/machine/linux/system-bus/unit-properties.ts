/**
 * Resource properties of units as SetUnitProperties takes them, from how people and files write them
 * (systemd.resource-control(5), org.freedesktop.systemd1(5)). Pure.
 */
import type { BusValue, Variant } from './bus-values.ts';
import type { UnitProperty } from './systemd-manager.ts';

/** systemd's word for a limit that is not there, and its number on the bus. */
const INFINITY = 'infinity';
const NO_LIMIT = 2n ** 64n - 1n;
const UNITS: Readonly<Record<string, bigint>> = {
  '': 1n,
  K: 1n << 10n,
  M: 1n << 20n,
  G: 1n << 30n,
};
/** Per cent of one processor, in microseconds of each second. */
const MICROS_PER_CENT = 10_000;

/** Reads the text of a property; undefined where it is none of its kind. */
type ReadValue = (text: string) => Variant | undefined;

const unsigned = (value: bigint): Variant => ({ signature: 't', value });

/** A whole number, with a suffix of 1024 where `units` has it. */
const amount =
  (units: Readonly<Record<string, bigint>>): ReadValue =>
  (text) => {
    if (text === INFINITY) return unsigned(NO_LIMIT);
    const [, digits = '', suffix = ''] = /^(\d{1,20})([KMG]?)$/.exec(text) ?? [];
    const factor = units[suffix];
    return digits === '' || factor === undefined ? undefined : unsigned(BigInt(digits) * factor);
  };

const COUNT = amount({ '': 1n });
const BYTES = amount(UNITS);

const perCent: ReadValue = (text) => {
  if (text === '') return unsigned(NO_LIMIT);
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  return percent === undefined
    ? undefined
    : unsigned(BigInt(Math.round(Number(percent) * MICROS_PER_CENT)));
};

/** A path on a device, and how much a second. */
const onDevice: ReadValue = (text) => {
  const [, path, amount] = /^(\/\S*) (\d{1,19})$/.exec(text) ?? [];
  if (path === undefined || amount === undefined) {
    return text === '' ? { signature: 'a(st)', value: [] } : undefined;
  }
  return { signature: 'a(st)', value: [[path, BigInt(amount)]] };
};

/** Processors by number, single ones and ranges, as the bytes of a mask. */
const processors: ReadValue = (text) => {
  const mask: number[] = [];
  for (const part of text === '' ? [] : text.split(/[ ,]+/)) {
    const [, first, last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? [];
    if (first === undefined) return undefined;
    for (let cpu = Number(first); cpu <= Number(last); cpu += 1) {
      while (mask.length <= cpu >> 3) mask.push(0);
      mask[cpu >> 3] = (mask[cpu >> 3] ?? 0) | (1 << (cpu & 7));
    }
  }
  return { signature: 'ay', value: mask satisfies BusValue };
};

interface Kind {
  readonly read: ReadValue;
  /** Its name on the bus, where that is another. */
  readonly name?: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  CPUWeight: { read: COUNT },
  CPUQuota: { read: perCent, name: 'CPUQuotaPerSecUSec' },
  AllowedCPUs: { read: processors },
  MemoryMin: { read: BYTES },
  MemoryLow: { read: BYTES },
  MemoryMax: { read: BYTES },
  TasksMax: { read: COUNT },
  IOWeight: { read: COUNT },
  IOReadBandwidthMax: { read: onDevice },
  IOWriteBandwidthMax: { read: onDevice },
  IOWriteIOPSMax: { read: onDevice },
};

/** unitProperty reads `NAME=VALUE`; throws for a property that is not known here, and for a value that it does not take. */
export function unitProperty(assignment: string): UnitProperty {
  const at = assignment.indexOf('=');
  const [property, text] = [assignment.slice(0, at), assignment.slice(at + 1)];
  const kind = KINDS[property];
  const value = kind?.read(text);
  if (kind === undefined || value === undefined) {
    throw new Error(`no property of a unit that can be set: ${assignment}`);
  }
  return { name: kind.name ?? property, value };
}
