/**
 * Decides what the `<resource>`s of one slice say: amounts, its start script, its image. Nothing in them
 * costs the slice its place: what cannot be used is told. Pure.
 */
import { Buffer } from 'node:buffer';
import {
  DEFAULT_IMAGE,
  IMAGE_NAME_RULE,
  type ImageName,
  isImageName,
  MAX_INITSCRIPT_BYTES,
  MAX_RESOURCES,
  type Rspec,
  readAmount,
  resourceNameSchema,
  resourceOf,
  withPlainLineEnds,
} from '@nodemgr/records';
import type { RawResource } from './raw-document.ts';
import { quote } from './remark-list.ts';
import { readInteger } from './xml-integer.ts';

/** What the resources of a slice say. */
export interface JudgedResources {
  /** The integers that the document gives; defaults are applied elsewhere. */
  readonly rspec: Rspec;
  /** Empty when the document gives none. */
  readonly initscript: string;
  readonly image: ImageName;
}

/** Where remarks go; `at` is a position in the text that was read. */
export interface ResourceRemarks {
  trouble(at: number, text: string): void;
  note(at: number, text: string): void;
}

/**
 * The value of a resource. Several `<value>`s are named parts of one attribute: the one that counts bears
 * the resource's name, or its end, as PLC wrote them (`rate` of nm_net_max_rate), else it is the first.
 */
function textOf({ name = '', values }: RawResource): string {
  const named = values
    .filter((value) => value.name && (name === value.name || name.endsWith(`_${value.name}`)))
    .sort((a, b) => (b.name?.length ?? 0) - (a.name?.length ?? 0));
  return (named[0] ?? values[0])?.text ?? '';
}

/** The resources that say whether the slice is suspended: PLC 3 wrote the first, later ones the others. */
const STATE = 'plc_slice_state';
const ENABLED: ReadonlySet<string> = new Set(['enabled', 'nm_enabled']);

/** What a sliver is promised, and what it may have at most. */
const RATES = [
  ['nm_net_min_rate', 'nm_net_max_rate'],
  ['nm_net_exempt_min_rate', 'nm_net_exempt_max_rate'],
] as const;

/** Names of scripts that PLC keeps elsewhere; a script of one such word would be the only one of its kind. */
const SCRIPT_NAME = /^[A-Za-z0-9_.@-]+$/;

class ResourceReader {
  readonly rspec = new Map<string, number>();
  /** What `initscript` and `initscript_code` give; the latter wins. */
  initscript = '';
  code = '';
  image: ImageName = DEFAULT_IMAGE;
  suspended = false;
  #enabled: number | undefined;
  readonly #remarks: ResourceRemarks;

  constructor(remarks: ResourceRemarks) {
    this.#remarks = remarks;
  }

  add(resource: RawResource): void {
    const { at, name } = resource;
    const text = textOf(resource);
    if (name === undefined) this.#remarks.trouble(at, 'a <resource> without a name cannot be used');
    else if (name === STATE) this.suspended ||= text.trim() === 'suspended';
    else if (ENABLED.has(name)) this.#addEnabled(at, name, text);
    else if (name === 'initscript') this.#addScript(at, text);
    else if (name === 'initscript_code') this.code = this.#script(at, text);
    else if (name === 'image') this.#addImage(at, text.trim());
    else this.#addAmount(at, name, text);
  }

  result(): JudgedResources {
    const enabled = this.suspended ? 0 : this.#enabled;
    if (enabled !== undefined) this.rspec.set('nm_enabled', enabled);
    return {
      rspec: Object.fromEntries(this.rspec),
      initscript: this.code === '' ? this.initscript : this.code,
      image: this.image,
    };
  }

  #addAmount(at: number, name: string, text: string): void {
    const amount = this.#amountOf(at, name, text);
    if (amount === undefined) return;
    const before = this.rspec.get(name);
    // One place is nm_enabled's.
    if (before === undefined && this.rspec.size >= MAX_RESOURCES - 1) {
      this.#leftOut(at, name, `a slice has at most ${MAX_RESOURCES}, nm_enabled among them`);
      return;
    }
    if (before !== undefined && before !== amount) {
      this.#remarks.note(at, `resource ${quote(name)}: ${before}, then ${amount}; the last counts`);
    }
    this.rspec.set(name, amount);
  }

  #amountOf(at: number, name: string, text: string): number | undefined {
    const value = readInteger(text);
    if (value === 'not an integer') return this.#noInteger(at, name, text);
    if (value === 'too large')
      return this.#leftOut(at, name, `${quote(text.trim())} is beyond ±(2^53-1)`);
    if (!resourceNameSchema.safeParse(name).success) {
      return this.#leftOut(at, name, 'no resource can be named so');
    }
    return readAmount(name, value) ?? this.#leftOut(at, name, `${value} makes no sense`);
  }

  #noInteger(at: number, name: string, text: string): undefined {
    if (resourceOf(name) !== undefined) {
      this.#leftOut(at, name, `${quote(text.trim())} is no integer`);
    } else {
      this.#remarks.note(at, `resource ${quote(name)}: ${quote(text.trim())} means nothing here`);
    }
  }

  #leftOut(at: number, name: string, why: string): undefined {
    this.#remarks.trouble(at, `resource ${quote(name)} cannot be used: ${why}`);
  }

  #addEnabled(at: number, name: string, text: string): void {
    const value = this.#amountOf(at, 'nm_enabled', text);
    if (value === undefined) return;
    const before = this.#enabled;
    if (before !== undefined && (before === 0) !== (value === 0)) {
      this.#remarks.note(at, `resource ${quote(name)}: ${value} contradicts another; 0 counts`);
    }
    this.suspended ||= value === 0;
    this.#enabled = value;
  }

  #addScript(at: number, text: string): void {
    const word = text.trim();
    if (word === '') return;
    if (typeof readInteger(word) === 'number') {
      this.#remarks.note(at, `start script ${word}: a number, and no script has it on this node`);
    } else if (SCRIPT_NAME.test(text)) {
      this.#remarks.note(
        at,
        `start script ${quote(word)}: a name, and the document has no such script`,
      );
    } else this.initscript = this.#script(at, text);
  }

  #script(at: number, text: string): string {
    if (text.trim() === '') return '';
    if (Buffer.byteLength(text) <= MAX_INITSCRIPT_BYTES) return withPlainLineEnds(text);
    this.#remarks.trouble(
      at,
      `the start script cannot be used: it has more than ${MAX_INITSCRIPT_BYTES} bytes`,
    );
    return '';
  }

  #addImage(at: number, text: string): void {
    if (isImageName(text)) this.image = text;
    else {
      const rule = `the name of an image is ${IMAGE_NAME_RULE}`;
      this.#remarks.trouble(at, `image ${quote(text)} cannot be used: ${rule}`);
    }
  }
}

/** The max rate counts: to keep the promise would lift the ceiling. */
function tellOfPromises(
  resources: readonly RawResource[],
  { rspec }: JudgedResources,
  remarks: ResourceRemarks,
): void {
  for (const [least, most] of RATES) {
    const [promised, ceiling] = [rspec[least], rspec[most]];
    if (promised === undefined || ceiling === undefined || promised <= ceiling) continue;
    const at = resources.findLast(({ name }) => name === least)?.at ?? 0;
    remarks.trouble(at, `${least} ${promised} is more than ${most} ${ceiling}, and is cut to that`);
  }
}

/** judgeResources returns what the resources say, and tells what does not count. */
export function judgeResources(
  resources: readonly RawResource[],
  remarks: ResourceRemarks,
): JudgedResources {
  const reader = new ResourceReader(remarks);
  for (const resource of resources) reader.add(resource);
  const judged = reader.result();
  tellOfPromises(resources, judged, remarks);
  return judged;
}
