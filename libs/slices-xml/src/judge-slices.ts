/**
 * Decides which of this node's slices count, by the rules of slices.xml: a slice with a bad or
 * repeated name, no id, a bad expiry or a broken key is left out and reported, the rest counts. Pure.
 */
import {
  ACCOUNT_NAME_RULE,
  DEFAULT_IMAGE,
  epochSeconds,
  IMAGE_NAME_RULE,
  type ImageName,
  isImageName,
  isSliceName,
  MAX_INITSCRIPT_BYTES,
  MAX_KEYS_BYTES,
  MAX_RESOURCES,
  RESOURCES,
  resourceNameSchema,
} from '@nodemgr/records';
import type { RawDocument, RawKey, RawResource, RawSlice } from './raw-document.ts';
import type { Remark, Slice } from './slices-document.ts';
import { readSshKey } from './ssh-key.ts';
import { readInteger, readNatural } from './xml-integer.ts';

/** A remark that has its position in the text that was read, and not yet its line. */
export interface PlacedRemark extends Remark {
  readonly at: number;
}

export interface JudgedSlices {
  readonly slices: readonly Slice[];
  readonly remarks: readonly PlacedRemark[];
}

/** One person's keys. */
interface KeyRing {
  readonly lines: Set<string>;
  /** Why one of them cannot be used; then none is. */
  broken?: string;
}

/** quote returns text of the document as a message shows it: quoted, and not much of it. */
export const quote = (text: string): string =>
  JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

function collectKeys(
  keys: readonly RawKey[],
  report: (remark: PlacedRemark) => void,
): ReadonlyMap<string, KeyRing> {
  const rings = new Map<string, KeyRing>();
  for (const { at, person, type, value } of keys) {
    if (type !== 'ssh') continue;
    if (!person) {
      report({ at, severity: 'trouble', text: 'a <key> without person_id is ignored' });
      continue;
    }
    const ring = rings.get(person) ?? { lines: new Set() };
    rings.set(person, ring);
    const verdict = readSshKey(value);
    if (verdict.ok) ring.lines.add(verdict.line);
    else ring.broken ??= verdict.why;
  }
  return rings;
}

/**
 * Resources of one slice, judged one by one. Nothing in them costs the slice its place: one that is
 * left out is removed from the node, which is worse than a default.
 */
class ResourceReader {
  readonly rspec = new Map<string, number>();
  initscript = '';
  image: ImageName = DEFAULT_IMAGE;

  constructor(private readonly ignore: (at: number, text: string) => void) {}

  add({ at, name, values }: RawResource): void {
    for (const { type, text } of values) {
      const value = type === undefined || type === 'integer' ? readInteger(text) : 'not an integer';
      if (typeof value === 'number') this.#addInteger(at, name, value);
      else if (value === 'too large') {
        this.ignore(at, `resource ${quote(name ?? '')}: ${quote(text.trim())} is beyond ±(2^53-1)`);
      } else if (type !== 'integer') this.#addString(at, name, text);
    }
  }

  #addString(at: number, name: string | undefined, text: string): void {
    if (name === 'initscript') this.#addScript(at, text);
    else if (name === 'image') this.#addImage(at, text.trim());
  }

  #addInteger(at: number, name: string | undefined, value: number): void {
    if (!resourceNameSchema.safeParse(name).success || name === undefined) {
      this.ignore(at, `a resource cannot be named ${quote(name ?? '')}`);
    } else if (!this.rspec.has(name) && this.rspec.size >= MAX_RESOURCES) {
      this.ignore(at, `resource ${quote(name)}: a slice has at most ${MAX_RESOURCES}`);
    } else if (value < 0 && Object.hasOwn(RESOURCES, name)) {
      this.ignore(at, `resource ${quote(name)}: ${value} makes no sense; its default stands`);
    } else this.rspec.set(name, value);
  }

  #addScript(at: number, text: string): void {
    if (text.length <= MAX_INITSCRIPT_BYTES) this.initscript = text;
    else this.ignore(at, `an initscript has at most ${MAX_INITSCRIPT_BYTES} bytes`);
  }

  #addImage(at: number, text: string): void {
    if (isImageName(text)) this.image = text;
    else this.ignore(at, `image ${quote(text)}: the name of an image is ${IMAGE_NAME_RULE}`);
  }
}

class SliceJudge {
  readonly slices: Slice[] = [];
  readonly remarks: PlacedRemark[] = [];
  readonly #names = new Set<string>();
  readonly #rings: ReadonlyMap<string, KeyRing>;

  constructor(document: RawDocument) {
    this.#rings = collectKeys(document.keys, (remark) => this.remarks.push(remark));
    for (const raw of document.slices) this.#judge(raw);
  }

  #judge(raw: RawSlice): void {
    const repeated = raw.name !== undefined && this.#names.has(raw.name);
    if (raw.name !== undefined) this.#names.add(raw.name);
    if (!raw.ours) return;
    const verdict = repeated ? 'its name is repeated; the first one counts' : this.#read(raw);
    if (typeof verdict !== 'string') this.slices.push(verdict);
    else this.#report(raw, raw.at, `left out: ${verdict}`);
  }

  #report(slice: RawSlice, at: number, text: string): void {
    const { name = '' } = slice;
    const named = isSliceName(name);
    this.remarks.push({
      at,
      severity: 'trouble',
      ...(named ? { slice: name, text } : { text: `slice ${quote(name)}: ${text}` }),
    });
  }

  /** Returns the slice, or why it is left out. */
  #read(raw: RawSlice): Slice | string {
    const { name } = raw;
    if (name === undefined) return 'it has no name';
    if (!isSliceName(name)) return `a name is like ${ACCOUNT_NAME_RULE}`;
    const id = readNatural(raw.id);
    if (id === undefined) return `its id is ${raw.id === undefined ? 'missing' : quote(raw.id)}`;
    const expiry = readNatural(raw.expiry);
    if (raw.expiry !== undefined && expiry === undefined) {
      return `its expiry is ${quote(raw.expiry)}, not seconds since 1970`;
    }
    const keys = this.#keysOf(raw);
    if (!keys.ok) return keys.why;
    const slice = { name, id, ssh_keys: keys.lines, ...this.#resourcesOf(raw), unreadable: [] };
    return expiry === undefined ? slice : { ...slice, expiry: epochSeconds(expiry) };
  }

  #keysOf(raw: RawSlice): { ok: true; lines: string } | { ok: false; why: string } {
    const lines = new Set<string>();
    for (const { at, person } of raw.users) {
      if (!person) this.#report(raw, at, 'a <user> without person_id is ignored');
      const ring = this.#rings.get(person ?? '');
      if (ring?.broken) {
        return {
          ok: false,
          why: `a key of person ${quote(person ?? '')} is broken: ${ring.broken}`,
        };
      }
      for (const line of ring?.lines ?? []) lines.add(line);
    }
    // Sorted: the same keys in another order are no change to anyone.
    const text = [...lines].sort().join('\n');
    if (text.length <= MAX_KEYS_BYTES) return { ok: true, lines: text };
    return { ok: false, why: `its users' keys have more than ${MAX_KEYS_BYTES} bytes` };
  }

  #resourcesOf(raw: RawSlice): Pick<Slice, 'rspec' | 'initscript' | 'image'> {
    const reader = new ResourceReader((at, text) => this.#report(raw, at, `ignored: ${text}`));
    for (const resource of raw.resources) reader.add(resource);
    const { rspec, initscript, image } = reader;
    return { rspec: Object.fromEntries(rspec), initscript, image };
  }
}

/** judgeSlices returns the slices of this node that count, and what was left out or ignored. */
export function judgeSlices(document: RawDocument): JudgedSlices {
  const { slices, remarks } = new SliceJudge(document);
  return { slices, remarks };
}
