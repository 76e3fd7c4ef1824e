/**
 * The attributes (tags) of a sliver that mean something on this node, with their units: PLC's own, and each of our
 * resources by its name, for those that PLC has no word for. A table; nothing is judged here.
 */
import { RESOURCE_NAMES, type ResourceName, SYSTEM_MARK } from '@nodemgr/records';

export interface AmountTag {
  /** The resource of ours that it is an amount of. */
  readonly resource: ResourceName | typeof SYSTEM_MARK;
  /** Our units in one of PLC's. */
  readonly times: number;
}

const KBIT = 1000;
/** PLC's clients always wrote 10546875 for 10.8 GB a day. */
const KBYTE = 1024;
const THOUSANDTHS_IN_PERCENT = 10;

const plain = (resource: AmountTag['resource']): AmountTag => ({ resource, times: 1 });
const kbit = (resource: ResourceName): AmountTag => ({ resource, times: KBIT });
const kbyte = (resource: ResourceName): AmountTag => ({ resource, times: KBYTE });

export const AMOUNT_TAGS: ReadonlyMap<string, AmountTag> = new Map<string, AmountTag>([
  ['enabled', plain('nm_enabled')],
  [SYSTEM_MARK, plain(SYSTEM_MARK)],
  ['cpu_share', plain('nm_cpu_share')],
  ['cpu_pct', { resource: 'nm_cpu_guaranteed_share', times: THOUSANDTHS_IN_PERCENT }],
  ['cpu_cores', plain('nm_cpu_cores')],
  ['net_min_rate', kbit('nm_net_min_rate')],
  ['net_max_rate', kbit('nm_net_max_rate')],
  ['net_i2_min_rate', kbit('nm_net_exempt_min_rate')],
  ['net_i2_max_rate', kbit('nm_net_exempt_max_rate')],
  ['net_max_kbyte', kbyte('nm_net_max_byte')],
  ['net_thresh_kbyte', kbyte('nm_net_max_thresh_byte')],
  ['net_i2_max_kbyte', kbyte('nm_net_max_exempt_byte')],
  ['net_i2_thresh_kbyte', kbyte('nm_net_max_thresh_exempt_byte')],
  // Already KiB, whatever a comment of PLC's says.
  ['disk_max', plain('nm_disk_quota')],
  // Before the next one, which is the same limit and wins.
  ['memlock_soft', plain('nm_mem_max')],
  ['memlock_hard', plain('nm_mem_max')],
  ['nproc_hard', plain('nm_tasks_max')],
  ...RESOURCE_NAMES.map((name) => [name, plain(name)] as const),
]);

/** The number of cores may be followed by `b`: best effort beside them, which every sliver has here. */
export const CORES = 'cpu_cores';
export const SCRIPT_NAME = 'initscript';
export const SCRIPT_TEXT = 'initscript_code';
export const DELEGATIONS = 'delegations';
export const FAMILY = 'vref';

/** isHonoured reports whether a tag means something here. The values of the others are nobody's business. */
export function isHonoured(tag: string): boolean {
  return AMOUNT_TAGS.has(tag) || OTHERS.has(tag);
}

const OTHERS: ReadonlySet<string> = new Set([SCRIPT_NAME, SCRIPT_TEXT, DELEGATIONS, FAMILY]);
