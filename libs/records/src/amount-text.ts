/** Amounts for people: rates, sizes and shares in the unit that reads best. Pure. */
import type { KiB } from './quantities.ts';
import { resourceOf } from './rspec.ts';

type Scale = readonly (readonly [factor: number, unit: string])[];

const RATES: Scale = [
  [1e9, 'Gbit/s'],
  [1e6, 'Mbit/s'],
  [1e3, 'kbit/s'],
  [1, 'bit/s'],
];
const BYTE_RATES: Scale = [
  [1e9, 'GB/s'],
  [1e6, 'MB/s'],
  [1e3, 'kB/s'],
  [1, 'B/s'],
];
const BYTES: Scale = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
  [1, 'B'],
];
const SIZES: Scale = [
  [2 ** 30, 'TiB'],
  [2 ** 20, 'GiB'],
  [2 ** 10, 'MiB'],
  [1, 'KiB'],
];

function scaled(value: number, scale: Scale): string {
  const [factor, unit] = scale.find(([least]) => Math.abs(value) >= least) ?? [
    1,
    scale.at(-1)?.[1],
  ];
  return `${Number((value / factor).toFixed(2))} ${unit}`;
}

/** sizeText tells a size: '4.77 GiB'. */
export function sizeText(size: KiB): string {
  return scaled(size, SIZES);
}

/** rateText tells a rate: '1 Gbit/s'. */
export function rateText(rate: number): string {
  return scaled(rate, RATES);
}

/** byteText tells an amount of data as it is sent: '1.5 GB'. */
export function byteText(bytes: number): string {
  return scaled(bytes, BYTES);
}

/** amountText tells how much of a resource that is: '4.77 GiB', '20%', '64'. */
export function amountText(resource: string, value: number): string {
  const known = resourceOf(resource);
  if (known?.unlimited === value) return 'no limit';
  if (known?.unit.startsWith('thousandths')) return `${value / 10}%`;
  if (known?.unit === 'bits/s') return rateText(value);
  if (known?.unit === 'bytes/s') return scaled(value, BYTE_RATES);
  // A threshold of 0 is no amount: it stands for a part of the limit.
  if (known?.unit === 'bytes/day' && value > 0) return `${byteText(value)}/day`;
  if (known?.unit === 'KiB') return scaled(value, SIZES);
  return String(value);
}
