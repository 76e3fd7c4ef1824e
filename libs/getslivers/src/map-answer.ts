/**
 * What an answer of GetSlivers makes of this node: the records, and what of the answer does not count as it is written.
 * PLC has filtered by node, and sends more than the node's own: delegates, and slivers that wait for a CreateSliver.
 * Only what is broken is left out (DESIGN.md, section 3, rule 7). Pure: values in, values out, and none makes it throw.
 */
import type { DeliveredRemark, Unreadable } from '@nodemgr/contracts';
import {
  ACCOUNT_NAME_RULE,
  type AccountName,
  BWCAP_KEY,
  bitsPerSecond,
  type Delegation,
  type DeliveredRecord,
  type EpochSeconds,
  epochSeconds,
  type ImageName,
  isSliceName,
  isSliver,
  MAX_RECORDS,
  type RecordKey,
  type Rspec,
  recordKeyOf,
  UNLIMITED_RATE,
} from '@nodemgr/records';
import {
  judgeLeases,
  quote,
  type RawLease,
  RemarkList,
  readInteger,
  SharedIds,
} from '@nodemgr/slices-xml';
import { isStruct, type XmlRpcStruct, type XmlRpcValue } from '@nodemgr/xml-rpc';
import { SliverJudge } from './judge-sliver.ts';
import { amountsOf, type KeptScript } from './judge-tags.ts';
import { naturalOf, tagsOf, textOf } from './scalars.ts';

/** What this node's own configuration says of itself. */
export interface NodeSettings {
  readonly nodeId: number;
  /** Pairs [caller, method] that are granted on every sliver. */
  readonly delegations: readonly Delegation[];
  /** Records that the configuration makes itself, and that are not PLC's to make. */
  readonly ownKeys: ReadonlySet<RecordKey>;
  /** `pl` of `pl_default`. */
  readonly slicePrefix: string;
  readonly images: Readonly<Record<string, ImageName>>;
  /** Networks that PLC's cap does not count, and what the cap is where PLC sets none: the link itself, bits/s. */
  readonly exemptIps: readonly string[];
  readonly linkRate: number;
}

/** Times of records are 0: when PLC vouched for them is not its to say. */
export interface MappedAnswer {
  readonly ok: true;
  readonly records: readonly DeliveredRecord[];
  readonly unreadable: readonly Unreadable[];
  readonly remarks: readonly DeliveredRemark[];
  /** Slices that the answer names, and accounts that this node has of them. */
  readonly totals: { readonly slices: number; readonly ours: number };
}

export interface RefusedAnswer {
  readonly ok: false;
  readonly reason: string;
}

const refuse = (reason: string): RefusedAnswer => ({ ok: false, reason });

/** The lists without which the rest of an answer means nothing. */
const LISTS = ['slivers', 'interfaces', 'initscripts'] as const;
type Lists = Readonly<Record<(typeof LISTS)[number], readonly XmlRpcValue[]>>;

/** The lists of an answer that has them. */
function listsOf(answer: XmlRpcStruct): Lists {
  const list = (value: XmlRpcValue | undefined) => (Array.isArray(value) ? value : []);
  const { slivers, interfaces, initscripts } = answer;
  return { slivers: list(slivers), interfaces: list(interfaces), initscripts: list(initscripts) };
}

function scriptsOf(initscripts: readonly XmlRpcValue[]): ReadonlyMap<string, KeptScript> {
  const scripts = new Map<string, KeptScript>();
  for (const { name, script, enabled } of initscripts.filter(isStruct)) {
    if (typeof name !== 'string' || typeof script !== 'string') continue;
    scripts.set(name, { text: script, isEnabled: enabled !== false && enabled !== 0 });
  }
  return scripts;
}

function rawLease(lease: XmlRpcValue): RawLease {
  const { name, t_from, t_until } = isStruct(lease) ? lease : {};
  return { at: 0, slice: textOf(name), from: textOf(t_from), until: textOf(t_until) };
}

const isPrimary = ({ is_primary }: XmlRpcStruct): boolean =>
  is_primary === true || is_primary === 1 || is_primary === '1';

const OWN_CAP = 'this node’s own configuration has one, which counts';
const NO_LIMITS = 'PLC’s default slice switches limits off';

/** The least cap that a record holds, bits/s. */
const LEAST_CAP = 8;

class Mapper {
  readonly #remarks = new RemarkList();
  readonly #records: DeliveredRecord[] = [];
  readonly #unreadable: Unreadable[] = [];
  /** Keys of the accounts that slices are, by their names: of a repeated name the first counts. */
  readonly #keys = new Map<AccountName, RecordKey>();
  readonly #lists: Lists;
  readonly #settings: NodeSettings;
  readonly #asOf: EpochSeconds;

  constructor(lists: Lists, settings: NodeSettings, asOf: EpochSeconds) {
    this.#lists = lists;
    this.#settings = settings;
    this.#asOf = asOf;
  }

  map(
    policy: XmlRpcValue | undefined,
    leases: XmlRpcValue | undefined,
  ): MappedAnswer | RefusedAnswer {
    const { slivers, initscripts } = this.#lists;
    const nodeWide = this.#nodeWide();
    const { images, delegations: granted } = this.#settings;
    const scripts = scriptsOf(initscripts);
    const judge = new SliverJudge({ scripts, images, granted, nodeWide }, this.#remarks);
    for (const sliver of slivers) this.#add(judge, sliver);
    if (this.#records.length > MAX_RECORDS) {
      return refuse(`it gives this node more than ${MAX_RECORDS} slices`);
    }
    this.#tellOfSharedIds();
    const ours = this.#records.length;
    this.#addCap(nodeWide);
    this.#addLeases(policy, leases);
    return {
      ok: true,
      records: this.#records,
      unreadable: this.#unreadable,
      remarks: this.#allRemarks(),
      totals: { slices: slivers.length, ours },
    };
  }

  #add(judge: SliverJudge, sliver: XmlRpcValue): void {
    if (!isStruct(sliver)) {
      this.#remarks.trouble(0, 'a sliver that is no struct cannot be used');
      return;
    }
    const name = this.#nameOf(sliver);
    if (name === undefined || judge.roleOf(sliver) === 'none') return;
    if (this.#keys.has(name)) {
      this.#remarks.trouble(0, 'its name is repeated; the first one counts', name);
      return;
    }
    const { record, unreadable } = judge.judge(name, sliver);
    const { record_key } = record;
    this.#keys.set(name, record_key);
    if (this.#settings.ownKeys.has(record_key)) {
      this.#remarks.note(
        0,
        'it is a delegate of this node’s own configuration, which counts',
        name,
      );
      return;
    }
    this.#records.push(record);
    if (unreadable.length > 0) this.#unreadable.push({ record_key, fields: unreadable });
  }

  #tellOfSharedIds(): void {
    const ids = new SharedIds('slice_id');
    // 0 stands for an id that cannot be read.
    const slivers = this.#records.filter(isSliver).filter(({ id }) => id !== 0);
    for (const { id, name } of slivers) ids.add(id, name);
    for (const { id, name } of slivers) {
      const text = ids.remarkOn(id, name);
      if (text !== undefined) this.#remarks.trouble(0, text, name);
    }
  }

  #nameOf({ name }: XmlRpcStruct): AccountName | undefined {
    const text = textOf(name);
    if (text !== undefined && isSliceName(text)) return text;
    const which = text === undefined ? 'without a name' : quote(text);
    const rule = `a name is like ${ACCOUNT_NAME_RULE}`;
    this.#remarks.trouble(0, `slice ${which} cannot be used: ${rule}`);
    return undefined;
  }

  /** What PLC sets for the whole node: the amounts of its default slice, but for whether that one runs. */
  #nodeWide(): Rspec {
    const name = `${this.#settings.slicePrefix}_default`;
    const slice = this.#lists.slivers.filter(isStruct).find((sliver) => sliver['name'] === name);
    // What is wrong with them is remarked where the slice itself is judged.
    const silent = { trouble: () => undefined, note: () => undefined };
    const amounts = amountsOf(tagsOf(slice?.['attributes']) ?? [], silent);
    amounts.delete('nm_enabled');
    return Object.fromEntries(amounts);
  }

  #addCap(nodeWide: Rspec): void {
    const { ownKeys, exemptIps, linkRate } = this.#settings;
    const limit = this.#limitOf(nodeWide);
    if (ownKeys.has(BWCAP_KEY)) {
      if (limit !== undefined) this.#remarks.note(0, `PLC's cap of ${limit} bits/s: ${OWN_CAP}`);
      return;
    }
    if (limit === undefined && exemptIps.length === 0) return;
    this.#records.push({
      record_key: BWCAP_KEY,
      timestamp: epochSeconds(0),
      cap: bitsPerSecond(limit ?? linkRate),
      exempt_ips: [...exemptIps],
    });
  }

  /** The limit of the primary interface, bits/s; undefined: there is none. */
  #limitOf(nodeWide: Rspec): number | undefined {
    const primary = this.#lists.interfaces.filter(isStruct).find(isPrimary);
    const text = textOf(primary?.['bwlimit']);
    const value = text === undefined ? -1 : readInteger(text);
    if (typeof value === 'number' && value < 0) return undefined;
    if (nodeWide['nm_net_max_rate'] === UNLIMITED_RATE) {
      this.#remarks.note(
        0,
        `the limit ${quote(text ?? '')} of the primary interface: ${NO_LIMITS}`,
      );
      return undefined;
    }
    if (typeof value === 'number' && value >= LEAST_CAP) return value;
    this.#remarks.trouble(
      0,
      `the limit of the primary interface cannot be used: ${quote(text ?? '')}`,
    );
    return undefined;
  }

  /** PLC says nil of both for a node that is not reservable, and nil for no lease at all. */
  #addLeases(policy: XmlRpcValue | undefined, list: XmlRpcValue | undefined): void {
    if (policy === undefined || policy === null) return;
    const leases = Array.isArray(list) ? list.map(rawLease) : [];
    const said = { at: 0, policy: textOf(policy) ?? 'no text', again: [], leases };
    const judged = judgeLeases(said, this.#asOf, this.#remarks);
    if (judged === undefined) return;
    const { record, unreadable } = judged;
    this.#records.push(record);
    const isList = Array.isArray(list) || list === undefined || list === null;
    if (!isList) this.#remarks.trouble(0, 'leases are no list; those that are known stay');
    const fields = isList ? unreadable : [...unreadable, 'leases' as const];
    if (fields.length > 0) this.#unreadable.push({ record_key: record.record_key, fields });
  }

  #allRemarks(): readonly DeliveredRemark[] {
    const { remarks, rest } = this.#remarks.all();
    const delivered = remarks.map(({ severity, text, slice }): DeliveredRemark => {
      if (slice === undefined) return { severity, text };
      return { record_key: this.#keys.get(slice) ?? recordKeyOf('sliver', slice), severity, text };
    });
    return rest === undefined ? delivered : [...delivered, rest];
  }
}

/**
 * mapAnswer returns what an answer makes of the node, or why it counts for nothing. `answer` is whole, or what
 * condense left of it, and came at `asOf`; without it, no lease was over by then.
 */
export function mapAnswer(
  answer: XmlRpcValue,
  settings: NodeSettings,
  asOf = epochSeconds(0),
): MappedAnswer | RefusedAnswer {
  if (!isStruct(answer)) return refuse('the answer is no struct');
  const nodeId = naturalOf(answer['node_id']);
  if (nodeId !== settings.nodeId) {
    const whose = nodeId === undefined ? 'no node' : `node ${nodeId}`;
    return refuse(`it is the answer for ${whose}, and this node is ${settings.nodeId}`);
  }
  const missing = LISTS.find((name) => !Array.isArray(answer[name]));
  if (missing !== undefined) return refuse(`the answer has no list ${missing}`);
  return new Mapper(listsOf(answer), settings, asOf).map(
    answer['reservation_policy'],
    answer['leases'],
  );
}
