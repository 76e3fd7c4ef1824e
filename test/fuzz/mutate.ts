/** Changes to the bytes of a document: small and large, blind and with a sense of XML. */
import { BYTES, TAGS, TOKENS } from './pieces-of-xml.ts';
import type { Random } from './random.ts';

/** Inputs that are mutated again and again stay below this (bytes): small ones find as much, sooner. */
const MAX_BYTES = 4096;

type Mutation = (random: Random, body: Buffer, other: Uint8Array) => Buffer;

/** replaced returns the body with `length` bytes at `at` replaced. */
const replaced = (body: Buffer, at: number, length: number, by: Uint8Array): Buffer =>
  Buffer.concat([body.subarray(0, at), by, body.subarray(at + length)]);

/** Where a tag begins, so that changes fall on the structure too; anywhere when there is none behind. */
function place(random: Random, body: Buffer): number {
  const at = random.below(body.length + 1);
  const tag = random.oneIn(2) ? body.indexOf(0x3c, at) : -1;
  return tag === -1 ? at : tag;
}

function element(random: Random): string {
  const tag = random.pick(TAGS);
  return random.pick([`<${tag}>`, `</${tag}>`, `<${tag}/>`, `<${tag}></${tag}>`]);
}

function slice(random: Random, body: Buffer, from: Uint8Array): Uint8Array {
  const start = random.below(from.length);
  return from.subarray(start, start + random.between(1, Math.min(400, body.length + 1)));
}

const cut: Mutation = (random, body) =>
  replaced(body, place(random, body), random.between(1, 1 + random.few(60)), Buffer.alloc(0));
const insertToken: Mutation = (random, body) =>
  replaced(body, place(random, body), random.few(3), Buffer.from(random.pick(TOKENS)));
const insertElement: Mutation = (random, body) =>
  replaced(body, place(random, body), 0, Buffer.from(element(random)));
const insertBytes: Mutation = (random, body) =>
  replaced(body, place(random, body), random.few(2), Uint8Array.from(random.pick(BYTES)));
const splice: Mutation = (random, body, other) =>
  replaced(body, place(random, body), random.few(80), slice(random, body, other));
const repeat: Mutation = (random, body) => {
  const piece = Buffer.from(slice(random, body, body));
  const pieces = Array.from({ length: random.between(1, 30) }, () => piece);
  return replaced(body, place(random, body), 0, Buffer.concat(pieces));
};
const flip: Mutation = (random, body) => {
  const at = random.below(body.length);
  return replaced(body, at, 1, Uint8Array.of((body[at] ?? 0) ^ (1 << random.below(8))));
};
const truncate: Mutation = (random, body) => body.subarray(0, random.below(body.length + 1));
/** Every tag of one name becomes one of another, so that the document stays well-formed. */
const rename: Mutation = (random, body) => {
  const from = random.pick(TAGS);
  const to = random.pick(TAGS);
  const text = body.toString('latin1').replaceAll(`<${from}>`, `<${to}>`);
  return Buffer.from(text.replaceAll(`</${from}>`, `</${to}>`), 'latin1');
};

/** The text between two tags becomes another, so that scalars are odd in documents that are not. */
const retext: Mutation = (random, body) => {
  const start = body.indexOf(0x3e, random.below(body.length)) + 1;
  const end = body.indexOf(0x3c, start);
  const text = random.pick(TOKENS) + (random.oneIn(3) ? random.pick(TOKENS) : '');
  return start === 0 || end === -1 ? body : replaced(body, start, end - start, Buffer.from(text));
};

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  cut,
  insertToken,
  insertElement,
  insertBytes,
  splice,
  repeat,
  flip,
  truncate,
  rename,
  insertToken,
  rename,
  retext,
  retext,
];

/** mutate returns a changed copy of `body`; `other` is what pieces are borrowed from. */
export function mutate(random: Random, body: Uint8Array, other: Uint8Array): Uint8Array {
  let changed = Buffer.from(body);
  for (let left = 1 + random.few(4); left > 0; left -= 1) {
    changed = Buffer.from(random.pick(MUTATIONS)(random, changed, other));
  }
  return changed.subarray(0, MAX_BYTES);
}
