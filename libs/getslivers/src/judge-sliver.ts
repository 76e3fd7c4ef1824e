/**
 * Decides what one sliver of an answer is on this node: a sliver that PLC has set up, one that CreateSliver sets up, a
 * delegate, or nothing. What of it cannot be read keeps what the node has of it. Pure.
 */
import {
  type AccountName,
  type DelegateRecord,
  epochSeconds,
  MAX_KEYS_BYTES,
  recordKeyOf,
  type SliverRecord,
  type UnreadableField,
} from '@nodemgr/records';
import {
  gatherKeys,
  quote,
  type RemarkList,
  readRing,
  readSshKey,
  type SshKeyVerdict,
} from '@nodemgr/slices-xml';
import { isStruct, type XmlRpcStruct, type XmlRpcValue } from '@nodemgr/xml-rpc';
import { judgeTags, type TagCircumstances, type TagRemarks, tellOfIdleTags } from './judge-tags.ts';
import { naturalOf, tagsOf, textOf } from './scalars.ts';

/** What a sliver of an answer is here. */
export type Role = 'set up' | 'created' | 'delegate' | 'none';

const ROLES: ReadonlyMap<string, Role> = new Map([
  ['plc-instantiated', 'set up'],
  ['delegated', 'created'],
  ['nm-controller', 'delegate'],
  ['not-instantiated', 'none'],
]);

export interface JudgedSliver {
  readonly record: SliverRecord | DelegateRecord;
  readonly unreadable: readonly UnreadableField[];
}

/** Keys are a person's, and come with each of his slices. */
function keyReader(): (text: string) => SshKeyVerdict {
  const verdicts = new Map<string, SshKeyVerdict>();
  return (text) => {
    const known = verdicts.get(text);
    if (known !== undefined) return known;
    const verdict = readSshKey(text);
    verdicts.set(text, verdict);
    return verdict;
  };
}

/** Shows enough of a key to find it by: how it begins, and its comment. */
function shownKey(text: string): string {
  const key = text.trim();
  return quote(key.length > 60 ? `${key.slice(0, 20)}…${key.slice(-35)}` : key);
}

type Circumstances = Omit<TagCircumstances, 'family'>;

export class SliverJudge {
  readonly #circumstances: Circumstances;
  readonly #remarks: RemarkList;
  readonly #readKey = keyReader();

  constructor(circumstances: Circumstances, remarks: RemarkList) {
    this.#circumstances = circumstances;
    this.#remarks = remarks;
  }

  /** roleOf returns what the sliver is here; undefined: its instantiation cannot be read. */
  roleOf({ instantiation }: XmlRpcStruct): Role | undefined {
    return ROLES.get(textOf(instantiation) ?? '');
  }

  /** judge returns the record of a sliver that is named `name` and is something here. */
  judge(name: AccountName, sliver: XmlRpcStruct): JudgedSliver {
    const unreadable: UnreadableField[] = [];
    const missing = (field: UnreadableField, why: string): void => {
      unreadable.push(field);
      this.#remarks.trouble(0, `${why}; what is known stays`, name);
    };
    const common = {
      name,
      timestamp: epochSeconds(0),
      ...this.#expiryOf(sliver, missing),
      ssh_keys: this.#keysOf(name, sliver, missing),
    };
    const role = this.roleOf(sliver);
    const record =
      role === 'delegate'
        ? this.#delegate(name, sliver, common)
        : this.#sliver(name, sliver, { common, role, missing });
    return { record, unreadable };
  }

  #delegate(
    name: AccountName,
    sliver: XmlRpcStruct,
    common: Pick<DelegateRecord, 'name' | 'timestamp' | 'ssh_keys'>,
  ): DelegateRecord {
    const tags = tagsOf(sliver['attributes']) ?? [];
    tellOfIdleTags(tags, () => false, this.#remarksOn(name));
    const record_key = recordKeyOf('delegate', name);
    return { record_key, account_type: 'delegate', ...common, plc_instantiated: true };
  }

  #sliver(
    name: AccountName,
    sliver: XmlRpcStruct,
    about: {
      readonly common: Pick<SliverRecord, 'name' | 'timestamp' | 'ssh_keys'>;
      readonly role: Role | undefined;
      readonly missing: (field: UnreadableField, why: string) => void;
    },
  ): SliverRecord {
    const { common, role, missing } = about;
    const id = naturalOf(sliver['slice_id']);
    if (id === undefined) missing('id', `its slice_id is ${shown(sliver['slice_id'])}`);
    if (role === undefined) {
      missing('plc_instantiated', `its instantiation is ${shown(sliver['instantiation'])}`);
    }
    const tags = tagsOf(sliver['attributes']);
    if (tags === undefined) {
      for (const field of ['rspec', 'initscript', 'image', 'delegations'] as const) {
        missing(field, `it has no list of attributes, so no ${field}`);
      }
    }
    const family = textOf(sliver['GetSliceFamily']);
    const judged = judgeTags(tags ?? [], { ...this.#circumstances, family }, this.#remarksOn(name));
    return {
      record_key: recordKeyOf('sliver', name),
      account_type: 'sliver',
      id: id ?? 0,
      ...common,
      plc_instantiated: role !== 'created',
      ...judged,
      rspec: { ...judged.rspec },
      delegations: judged.delegations.map(([caller, method]): [string, string] => [caller, method]),
    };
  }

  #expiryOf(
    { expires }: XmlRpcStruct,
    missing: (field: UnreadableField, why: string) => void,
  ): Pick<SliverRecord, 'expiry'> {
    const expiry = naturalOf(expires);
    if (expiry !== undefined) return { expiry: epochSeconds(expiry) };
    missing('expiry', `its expires is ${shown(expires)}, not seconds since 1970`);
    return {};
  }

  #keysOf(
    name: AccountName,
    sliver: XmlRpcStruct,
    missing: (field: UnreadableField, why: string) => void,
  ): string {
    const { keys } = sliver;
    if (!Array.isArray(keys)) {
      missing('ssh_keys', 'it has no list of keys');
      return '';
    }
    const raw = keys.map((key: XmlRpcValue) => {
      const { key_type, key: text } = isStruct(key) ? key : {};
      return { at: 0, type: textOf(key_type), value: textOf(text) ?? '' };
    });
    const ring = readRing(raw, this.#readKey);
    for (const { severity, value, why } of ring.leftOut) {
      this.#remarks[severity](0, `the key ${shownKey(value)} cannot be used: ${why}`, name);
    }
    const { text, cut } = gatherKeys([ring]);
    if (cut > 0) {
      const why = `together they have more than ${MAX_KEYS_BYTES} bytes`;
      this.#remarks.trouble(0, `${cut} of its keys are cut: ${why}`, name);
    }
    return text;
  }

  #remarksOn(name: AccountName): TagRemarks {
    return {
      trouble: (text) => this.#remarks.trouble(0, text, name),
      note: (text) => this.#remarks.note(0, text, name),
    };
  }
}

function shown(value: XmlRpcValue | undefined): string {
  if (value === undefined) return 'missing';
  return value === null ? 'nil' : quote(textOf(value) ?? typeof value);
}
