/** The form in which the dry run keeps the pretended state on disk: its schema, and the way there and back. Pure. */
import {
  accountNameSchema,
  type BitsPerSecond,
  type HostUid,
  MAX_EXEMPT_IPS,
  networkSchema,
} from '@nodemgr/records';
import * as z from 'zod';
import type { Bytes } from '../../limits/htb-class.ts';
import { type LeafIndex, MAX_LEAVES } from '../../limits/htb-tree.ts';
import { type BandwidthState, NOTHING_INSTALLED } from '../../observed/bandwidth-state.ts';

const bits = z.int().min(8) as unknown as z.ZodType<BitsPerSecond>;
const bytes = z.int().min(1) as unknown as z.ZodType<Bytes>;
const uid = z.int().nonnegative() as unknown as z.ZodType<HostUid>;
const index = z
  .int()
  .min(0)
  .max(MAX_LEAVES - 1) as unknown as z.ZodType<LeafIndex>;

const htbClass = z.strictObject({
  rate: bits,
  ceil: bits,
  burst: bytes,
  cburst: bytes,
  quantum: bytes,
});

const tree = z.strictObject({
  interface: z.string().max(15),
  link: htbClass.exactOptional(),
  cap: htbClass.exactOptional(),
  exempt: htbClass.exactOptional(),
  node: htbClass.exactOptional(),
  nodeExempt: htbClass.exactOptional(),
});

const leaves = z.strictObject({
  index,
  first: uid,
  last: uid,
  ordinary: htbClass.exactOptional(),
  exempt: htbClass.exactOptional(),
});

const networks = z.array(networkSchema).max(MAX_EXEMPT_IPS);

export const storedBandwidthSchema = z.strictObject({
  /** The kernel's state ends with the boot. */
  boot_id: z.string().max(64),
  tree: tree.optional(),
  table: z.boolean(),
  slivers: z.array(z.tuple([accountNameSchema, leaves])).max(MAX_LEAVES),
  networks: z.strictObject({ v4: networks, v6: networks }),
});
export type StoredBandwidth = z.infer<typeof storedBandwidthSchema>;

/** toStored returns the state as plain values. */
export function toStored(state: BandwidthState, bootId: string): StoredBandwidth {
  const { v4, v6 } = state.networks;
  return {
    boot_id: bootId,
    ...(state.tree === undefined ? {} : { tree: state.tree }),
    table: state.table,
    slivers: [...state.slivers],
    networks: { v4: [...v4], v6: [...v6] },
  };
}

/** fromStored returns the state that `toStored` was given. */
export function fromStored({ tree, table, slivers, networks }: StoredBandwidth): BandwidthState {
  return {
    ...NOTHING_INSTALLED,
    tree,
    table,
    slivers: new Map(slivers),
    networks: { v4: new Set(networks.v4), v6: new Set(networks.v6) },
  };
}
