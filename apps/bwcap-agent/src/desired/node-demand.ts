/** What is asked for the node itself: by its configuration, by the `bwcap` record, and by its uplink. Pure. */
import type { FeedItem } from '@nodemgr/contracts';
import { type BitsPerSecond, BWCAP_KEY, type RecordKey, type Rspec } from '@nodemgr/records';
import type { Bytes } from '../limits/htb-class.ts';

/** What the configuration says. */
export interface NodeSettings {
  /** The speed of the uplink. */
  readonly link: BitsPerSecond;
  /** For slivers that no record names and that have no limits yet. */
  readonly defaults: Rspec;
}

export interface NodeDemand extends NodeSettings {
  /** The name of the uplink. */
  readonly interface: string;
  /** The most that a frame on the uplink can carry. */
  readonly mtu: Bytes;
  /** Undefined: no cap. */
  readonly cap: BitsPerSecond | undefined;
  readonly exemptIps: readonly string[];
}

/** nodeDemandOf returns what is asked for the node; without a `bwcap` record there is no cap. */
export function nodeDemandOf(
  settings: NodeSettings,
  uplink: { readonly name: string; readonly mtu: Bytes },
  items: ReadonlyMap<RecordKey, FeedItem>,
): NodeDemand {
  const item = items.get(BWCAP_KEY);
  const record = item?.kind === 'bwcap' ? item.record : undefined;
  return {
    ...settings,
    interface: uplink.name,
    mtu: uplink.mtu,
    cap: record?.cap,
    exemptIps: record?.exempt_ips ?? [],
  };
}
