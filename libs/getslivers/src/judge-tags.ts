/**
 * Decides what the tags of one sliver say: amounts in our units, its start script, its image, whom it lets call for it.
 * Nothing in them costs the sliver its place: what cannot be used, or means nothing here, is remarked. Pure.
 */
import {
  DEFAULT_IMAGE,
  type Delegation,
  type ImageName,
  isSliceName,
  MAX_DELEGATIONS,
  MAX_INITSCRIPT_BYTES,
  type Rspec,
  readAmount,
  withPlainLineEnds,
} from '@nodemgr/records';
import { quote, readInteger } from '@nodemgr/slices-xml';
import {
  AMOUNT_TAGS,
  type AmountTag,
  CORES,
  DELEGATIONS,
  FAMILY,
  isHonoured,
  SCRIPT_NAME,
  SCRIPT_TEXT,
} from './tags.ts';

export interface Tag {
  readonly name: string;
  readonly value: string;
}

/** A start script that PLC keeps under a name. */
export interface KeptScript {
  readonly text: string;
  readonly isEnabled: boolean;
}

/** Where remarks on the sliver go. */
export interface TagRemarks {
  trouble(text: string): void;
  note(text: string): void;
}

export interface TagCircumstances {
  readonly scripts: ReadonlyMap<string, KeptScript>;
  readonly images: Readonly<Record<string, ImageName>>;
  /** GetSliceFamily of the sliver; absent: it has none. */
  readonly family: string | undefined;
  /** What the node's own configuration grants on every sliver. */
  readonly granted: readonly Delegation[];
  /** What PLC sets for all slivers of the node that do not say otherwise. */
  readonly nodeWide: Rspec;
}

export interface JudgedTags {
  readonly rspec: Rspec;
  readonly initscript: string;
  readonly image: ImageName;
  readonly delegations: readonly Delegation[];
}

/**
 * Whom a sliver names in `delegations` may call these on it: whatever the sliver may call on itself, as PLC's clients
 * always could, by their names and by ours.
 */
const DELEGATED_METHODS = [
  ...['CreateSliver', 'DeleteSliver', 'Create', 'Destroy', 'ReCreate', 'Start', 'Stop'],
  ...['GetRSpec', 'GetEffectiveRSpec', 'GetLoans', 'SetLoans', 'GetRecord', 'GetUsage'],
] as const;

/** amountOf reads one amount in our units, or says why it is none. */
function amountOf({ resource, times }: AmountTag, text: string): number | string {
  const value = readInteger(text);
  if (value === 'not an integer') return `${quote(text)} is no integer`;
  if (value === 'too large') return `${quote(text)} is beyond ±(2^53-1)`;
  const ours = value < 0 ? readAmount(resource, value) : value * times;
  if (ours === undefined || ours < 0) return `${value} makes no sense`;
  return Number.isSafeInteger(ours) ? ours : `${value} times ${times} is beyond 2^53-1`;
}

/** amountsOf returns the amounts in tags by their resources; of a tag that comes again the last counts. */
export function amountsOf(tags: readonly Tag[], remarks: TagRemarks): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const [name, amount] of AMOUNT_TAGS) {
    const texts = tags.filter((tag) => tag.name === name).map(({ value }) => value.trim());
    const last = texts.at(-1);
    if (last === undefined) continue;
    const text = name === CORES ? last.replace(/^([0-9]+)b$/, '$1') : last;
    if (new Set(texts).size > 1) {
      remarks.note(`tag ${name}: ${texts.map(quote).join(', then ')}; the last counts`);
    }
    const ours = amountOf(amount, text);
    if (typeof ours === 'number') amounts.set(amount.resource, ours);
    else remarks.trouble(`tag ${name} cannot be used: ${ours}`);
  }
  return amounts;
}

function scriptOf(
  tags: readonly Tag[],
  { scripts }: TagCircumstances,
  remarks: TagRemarks,
): string {
  const last = (name: string) => tags.filter((tag) => tag.name === name).at(-1)?.value ?? '';
  const name = last(SCRIPT_NAME);
  const kept = scripts.get(name);
  const code = last(SCRIPT_TEXT);
  if (code.trim() === '' && name !== '' && !kept?.isEnabled) {
    const why = kept === undefined ? 'PLC has no script of that name' : 'PLC has disabled it';
    remarks.trouble(`start script ${quote(name)} cannot be used: ${why}`);
    return '';
  }
  const text = code.trim() === '' ? (kept?.text ?? '') : code;
  if (text.trim() === '') return '';
  if (Buffer.byteLength(text) <= MAX_INITSCRIPT_BYTES) return withPlainLineEnds(text);
  const why = `it has more than ${MAX_INITSCRIPT_BYTES} bytes`;
  remarks.trouble(`the start script cannot be used: ${why}`);
  return '';
}

function imageOf(
  tags: readonly Tag[],
  { images, family }: TagCircumstances,
  remarks: TagRemarks,
): ImageName {
  const wanted = tags.filter(({ name, value }) => name === FAMILY && value !== '').at(-1)?.value;
  const names = [wanted ?? '', family ?? ''].filter((name) => name !== '');
  const known = names.find((name) => Object.hasOwn(images, name));
  const image = known === undefined ? undefined : images[known];
  if (image !== undefined) return image;
  const [first] = names;
  if (first === undefined) return DEFAULT_IMAGE;
  // Whoever maps families wants to know of one that was forgotten; whoever has one image does not.
  const severity = Object.keys(images).length === 0 ? 'note' : 'trouble';
  remarks[severity](
    `image family ${quote(first)} is not in plc.images: the image is ${DEFAULT_IMAGE}`,
  );
  return DEFAULT_IMAGE;
}

function delegationsOf(
  tags: readonly Tag[],
  { granted }: TagCircumstances,
  remarks: TagRemarks,
): readonly Delegation[] {
  const callers = new Set<string>();
  for (const { value } of tags.filter(({ name }) => name === DELEGATIONS)) {
    for (const caller of value.split(',').map((name) => name.trim())) {
      if (isSliceName(caller)) callers.add(caller);
      else if (caller !== '') remarks.trouble(`no caller can be named ${quote(caller)}`);
    }
  }
  const pairs = new Map(granted.map((pair) => [pair.join(' '), pair]));
  const sorted = [...callers].sort();
  for (const [at, caller] of sorted.entries()) {
    if (pairs.size + DELEGATED_METHODS.length > MAX_DELEGATIONS) {
      const rest = sorted.length - at;
      remarks.trouble(
        `${rest} callers are cut: together they may call more than ${MAX_DELEGATIONS}`,
      );
      break;
    }
    for (const method of DELEGATED_METHODS) pairs.set(`${caller} ${method}`, [caller, method]);
  }
  return [...pairs.values()];
}

/** tellOfIdleTags names the tags that mean nothing; their values may be secrets. */
export function tellOfIdleTags(
  tags: readonly Tag[],
  isUsed: (name: string) => boolean,
  remarks: TagRemarks,
): void {
  const names = [...new Set(tags.map(({ name }) => name).filter((name) => !isUsed(name)))].sort();
  if (names.length > 0) remarks.note(`tags that mean nothing here: ${names.map(quote).join(', ')}`);
}

/** judgeTags returns what the tags say, and remarks on what does not count. */
export function judgeTags(
  tags: readonly Tag[],
  circumstances: TagCircumstances,
  remarks: TagRemarks,
): JudgedTags {
  const amounts = amountsOf(tags, remarks);
  tellOfIdleTags(tags, isHonoured, remarks);
  return {
    rspec: { ...circumstances.nodeWide, ...Object.fromEntries(amounts) },
    initscript: scriptOf(tags, circumstances, remarks),
    image: imageOf(tags, circumstances, remarks),
    delegations: delegationsOf(tags, circumstances, remarks),
  };
}
