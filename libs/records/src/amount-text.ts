/** Amounts for people: rates, sizes and shares in the unit that reads best. Pure. */
import type { KiB } from './quantities.ts';
import { RESOURCES, type Resource } from './rspec.ts';

type Scale = readonly (readonly [factor: number, unit: string])[];

const RATES: Scale = [
  [1e9, 'Gbit/s'],
  [1e6, 'Mbit/s'],
  [1e3, 'kbit/s'],
  [1, 'bit/s'],
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

const resources: Readonly<Record<string, Resource>> = RESOURCES;

/** resourceOf returns what is known of a resource by its name; undefined for one that is not ours. */
export function resourceOf(name: string): Resource | undefined {
  return Object.hasOwn(resources, name) ? resources[name] : undefined;
}

/** sizeText tells a size: '4.77 GiB'. */
export function sizeText(size: KiB): string {
  return scaled(size, SIZES);
}

/** amountText tells how much of a resource that is: '4.77 GiB', '20%', '64'. */
export function amountText(resource: string, value: number): string {
  if (resource === 'nm_cpu_guaranteed_share') return `${value / 10}%`;
  if (resource === 'nm_mem_max' && value === 0) return 'no limit';
  const unit = resourceOf(resource)?.unit;
  if (unit === 'bits/s') return scaled(value, RATES);
  if (unit === 'KiB') return scaled(value, SIZES);
  return String(value);
}
