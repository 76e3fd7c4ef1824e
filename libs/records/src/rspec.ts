/**
 * The resources of a sliver: their names, defaults and units, which of them may be lent, and which agent
 * enforces each. Nothing here looks at other slivers; loans are in loans.ts.
 */
import {
  MAX_RATE,
  UNLIMITED_BYTES,
  UNLIMITED_QUOTA,
  UNLIMITED_RATE,
  UNLIMITED_TASKS,
} from './bounds.ts';

/** A resource allocation: integers by resource name. Unknown resources are carried untouched. */
export type Rspec = Readonly<Record<string, number>>;

/** The agents that enforce resources: each has a table of its limits that leaves none of its resources out. */
export type Enforcer = 'account-supervisor' | 'bwcap-agent';

export interface Resource {
  /** What a sliver has when its record does not say. */
  readonly default: number;
  readonly unit: string;
  /** Whether one sliver may lend it to another. */
  readonly loanable: boolean;
  /** The one process that enforces it, and reads it back from the kernel. */
  readonly enforcedBy: Enforcer;
  readonly meaning: string;
  /** The amount that is no limit, which an authority writes as -1; absent: no amount is. */
  readonly unlimited?: number;
  /** What becomes of a sliver with 0 of it, where that is neither none nor no limit. */
  readonly atZero?: string;
}

/** The resources that the Node Manager acts on. Order is the order in which people see them. */
export const RESOURCES = {
  nm_enabled: {
    default: 1,
    unit: '0 or 1',
    loanable: false,
    enforcedBy: 'account-supervisor',
    meaning: '0: sliver stopped, login refused',
  },
  nm_cpu_share: {
    default: 32,
    unit: 'share',
    loanable: true,
    enforcedBy: 'account-supervisor',
    meaning: "proportional share of the slivers' CPU",
    atZero: 'counts as 1',
  },
  nm_cpu_guaranteed_share: {
    default: 0,
    unit: "thousandths of the node's CPU",
    loanable: true,
    enforcedBy: 'account-supervisor',
    meaning: 'CPU that the sliver gets whatever the others do',
  },
  nm_cpu_max: {
    default: 0,
    unit: "thousandths of the node's CPU",
    loanable: false,
    enforcedBy: 'account-supervisor',
    meaning: 'CPU ceiling; 0: none',
    unlimited: 0,
  },
  nm_cpu_cores: {
    default: 0,
    unit: 'cores',
    loanable: false,
    enforcedBy: 'account-supervisor',
    meaning: 'processors for this sliver alone; one stays for everybody',
  },
  nm_disk_quota: {
    default: 5_000_000,
    unit: 'KiB',
    loanable: false,
    enforcedBy: 'account-supervisor',
    meaning: 'disk space, and a file for each 16 KiB of it',
    unlimited: UNLIMITED_QUOTA,
    atZero: 'it can write nothing',
  },
  nm_net_min_rate: {
    default: 8,
    unit: 'bits/s',
    loanable: false,
    enforcedBy: 'bwcap-agent',
    meaning: 'bandwidth guaranteed under the node cap',
  },
  nm_net_max_rate: {
    default: MAX_RATE,
    unit: 'bits/s',
    loanable: true,
    enforcedBy: 'bwcap-agent',
    meaning: 'bandwidth ceiling',
    unlimited: UNLIMITED_RATE,
    atZero: 'it can send next to nothing',
  },
  nm_net_exempt_min_rate: {
    default: 8,
    unit: 'bits/s',
    loanable: false,
    enforcedBy: 'bwcap-agent',
    meaning: 'bandwidth guaranteed to exempt networks',
  },
  nm_net_exempt_max_rate: {
    default: MAX_RATE,
    unit: 'bits/s',
    loanable: true,
    enforcedBy: 'bwcap-agent',
    meaning: 'bandwidth ceiling to exempt networks',
    unlimited: UNLIMITED_RATE,
    atZero: 'it can send next to nothing to exempt networks',
  },
  nm_net_share: {
    default: 1,
    unit: 'share',
    loanable: true,
    enforcedBy: 'bwcap-agent',
    meaning: 'proportional share of spare bandwidth',
    atZero: 'counts as the least share',
  },
  nm_net_max_byte: {
    default: 0,
    unit: 'bytes/day',
    loanable: false,
    enforcedBy: 'bwcap-agent',
    meaning: 'what it may send in a day under the node cap; 0: no limit',
    unlimited: 0,
  },
  nm_net_max_thresh_byte: {
    default: 0,
    unit: 'bytes/day',
    loanable: false,
    enforcedBy: 'bwcap-agent',
    meaning: 'from where on its rate is cut to what is left for the day; 0: 80% of nm_net_max_byte',
    unlimited: UNLIMITED_BYTES,
  },
  nm_net_max_exempt_byte: {
    default: 0,
    unit: 'bytes/day',
    loanable: false,
    enforcedBy: 'bwcap-agent',
    meaning: 'what it may send in a day to exempt networks; 0: no limit',
    unlimited: 0,
  },
  nm_net_max_thresh_exempt_byte: {
    default: 0,
    unit: 'bytes/day',
    loanable: false,
    enforcedBy: 'bwcap-agent',
    meaning: 'from where on its rate to them is cut; 0: 80% of nm_net_max_exempt_byte',
    unlimited: UNLIMITED_BYTES,
  },
  nm_mem_max: {
    default: 0,
    unit: 'KiB',
    loanable: false,
    enforcedBy: 'account-supervisor',
    meaning: 'memory limit; 0: none',
    unlimited: 0,
  },
  nm_mem_min: {
    default: 0,
    unit: 'KiB',
    loanable: true,
    enforcedBy: 'account-supervisor',
    meaning: "memory that other slivers' needs do not take away",
  },
  nm_tasks_max: {
    default: 4096,
    unit: 'tasks',
    loanable: false,
    enforcedBy: 'account-supervisor',
    meaning: 'processes and threads',
    unlimited: UNLIMITED_TASKS,
    atZero: 'counts as the fewest that let a sliver start',
  },
  nm_io_weight: {
    default: 100,
    unit: 'share',
    loanable: true,
    enforcedBy: 'account-supervisor',
    meaning: 'proportional share of the disk, where its scheduler has such',
    atZero: 'counts as 1',
  },
  nm_io_read_max: {
    default: 0,
    unit: 'bytes/s',
    loanable: false,
    enforcedBy: 'account-supervisor',
    meaning: 'what is read from the disk; 0: no limit',
    unlimited: 0,
  },
  nm_io_write_max: {
    default: 0,
    unit: 'bytes/s',
    loanable: false,
    enforcedBy: 'account-supervisor',
    meaning: 'what is written to the disk; 0: no limit but that of the node for all',
    unlimited: 0,
  },
} as const satisfies Record<string, Resource>;

export type ResourceName = keyof typeof RESOURCES;

/** The resources that an agent enforces: a table of limits that lacks one of them does not compile. */
export type ResourceOf<Agent extends Enforcer> = {
  [Name in ResourceName]: (typeof RESOURCES)[Name]['enforcedBy'] extends Agent ? Name : never;
}[ResourceName];

export const RESOURCE_NAMES = Object.keys(RESOURCES) as readonly ResourceName[];

export const LOANABLE: readonly ResourceName[] = RESOURCE_NAMES.filter(
  (name) => RESOURCES[name].loanable,
);

const loanableNames: ReadonlySet<string> = new Set(LOANABLE);

/** isLoanable reports whether one sliver may lend `resource` to another. */
export function isLoanable(resource: string): resource is ResourceName {
  return loanableNames.has(resource);
}

export const DEFAULT_RSPEC: Readonly<Record<ResourceName, number>> = Object.freeze(
  Object.fromEntries(RESOURCE_NAMES.map((name) => [name, RESOURCES[name].default])) as Record<
    ResourceName,
    number
  >,
);

/** withDefaults returns `given` with every resource that it does not name taken from `defaults`. */
export function withDefaults(given: Rspec, defaults: Rspec = DEFAULT_RSPEC): Rspec {
  return { ...defaults, ...given };
}

const resources: Readonly<Record<string, Resource>> = RESOURCES;

/** resourceOf returns what is known of a resource by its name; undefined for one that is not ours. */
export function resourceOf(name: string): Resource | undefined {
  return Object.hasOwn(resources, name) ? resources[name] : undefined;
}

/**
 * readAmount returns the amount that an authority's integer stands for, so that records hold plain amounts:
 * -1 is no limit where there is such a thing (DESIGN.md, section 3). undefined: the resource is ours, and
 * the integer means nothing for it.
 */
export function readAmount(resource: string, value: number): number | undefined {
  if (value >= 0) return value;
  const known = resourceOf(resource);
  if (known === undefined) return value;
  return value === -1 ? known.unlimited : undefined;
}

/** amountOf returns how much of a known resource `rspec` grants, the default where it is silent. */
export function amountOf(rspec: Rspec, resource: ResourceName): number {
  return rspec[resource] ?? RESOURCES[resource].default;
}
