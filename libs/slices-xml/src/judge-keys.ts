/**
 * Decides which public keys the users of a slice have. A key that cannot be used costs that key and
 * nothing else (DESIGN.md, section 3, rule 7), whoever wrote it. Pure.
 */
import { Buffer } from 'node:buffer';
import { MAX_KEYS_BYTES } from '@nodemgr/records';
import type { RawKey } from './raw-document.ts';
import { quote, type RemarkList } from './remark-list.ts';
import { readSshKey, type SshKeyVerdict } from './ssh-key.ts';

/** A key that does not count, and why. */
interface LeftOut {
  readonly at: number;
  /** As it was written. */
  readonly value: string;
  readonly severity: 'trouble' | 'note';
  readonly why: string;
}

/** What one person has. */
export interface KeyRing {
  /** Lines of authorized_keys, each once, sorted. */
  readonly lines: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** Broken keys of one person that have a remark each on a slice; the last of them names the next ones as well. */
const MOST_OF_PERSON = 5;
/** Of those that it names; it counts all. */
const MOST_NAMED = 15;
/** How much of a key names it: from its start, and from its end, where its comment is. */
const [START, END] = [16, 24];
const NO_KEYS: KeyRing = { lines: [], leftOut: [] };

/** PLC 3 wrote no type, later ones `ssh`. */
const isSsh = (type: string | undefined): boolean => !type || type === 'ssh';

/** readRing judges the keys of one person, or of one slice; `read` judges each text that is for ssh. */
export function readRing(
  keys: readonly Omit<RawKey, 'person'>[],
  read: (text: string) => SshKeyVerdict = readSshKey,
): KeyRing {
  const lines = new Set<string>();
  const leftOut: LeftOut[] = [];
  for (const { at, type, value } of keys) {
    if (!isSsh(type)) {
      leftOut.push({
        at,
        value,
        severity: 'note',
        why: `keys of type ${quote(type ?? '')} mean nothing here`,
      });
      continue;
    }
    const verdict = read(value);
    if (verdict.ok) lines.add(verdict.line);
    else leftOut.push({ at, value, severity: 'trouble', why: verdict.why });
  }
  return { lines: [...lines].sort(), leftOut: firstOf(leftOut) };
}

function nameOf(value: string): string {
  const key = value.trim();
  return quote(key.length > START + END ? `${key.slice(0, START)}…${key.slice(-END)}` : key);
}

function firstOf(leftOut: readonly LeftOut[]): readonly LeftOut[] {
  const shown = leftOut.slice(0, MOST_OF_PERSON);
  const rest = leftOut.slice(MOST_OF_PERSON);
  const [worst, ...others] = [...rest].sort((a, b) => (a.severity > b.severity ? -1 : 1));
  if (worst === undefined) return shown;
  if (others.length === 0) return [...shown, worst];
  const names = others.slice(0, MOST_NAMED).map(({ value }) => nameOf(value));
  const named = `${names.join(', ')}${others.length > names.length ? ', …' : ''}`;
  return [...shown, { ...worst, why: `${worst.why}; nor can ${others.length} more: ${named}` }];
}

/** The keys of a document by person; each is read when a slice first asks for it: most belong to none. */
export class KeyRings {
  readonly #raw = new Map<string, RawKey[]>();
  readonly #read = new Map<string, KeyRing>();

  constructor(keys: readonly RawKey[], remarks: RemarkList) {
    for (const key of keys) {
      if (!key.person) {
        remarks.trouble(key.at, 'a <key> without person_id cannot be used');
        continue;
      }
      const ring = this.#raw.get(key.person);
      if (ring === undefined) this.#raw.set(key.person, [key]);
      else ring.push(key);
    }
  }

  of(person: string): KeyRing {
    const known = this.#read.get(person);
    if (known !== undefined) return known;
    const raw = this.#raw.get(person);
    const ring = raw === undefined ? NO_KEYS : readRing(raw);
    this.#read.set(person, ring);
    return ring;
  }
}

export interface GatheredKeys {
  /** Sorted, one a line: the same keys in another order are no change to anyone. */
  readonly text: string;
  /** Keys for which there was no room. */
  readonly cut: number;
}

/** In turns, each ring's first, then each ring's second, …: nobody's many keys leave no room for others'. */
function inTurns(rings: readonly KeyRing[]): readonly string[] {
  const lines = new Set<string>();
  let left = rings;
  for (let turn = 0; left.length > 0; turn += 1) {
    left = left.filter((ring) => ring.lines.length > turn);
    for (const ring of left) lines.add(ring.lines[turn] ?? '');
  }
  return [...lines];
}

function fitting(lines: readonly string[]): readonly string[] {
  let left = MAX_KEYS_BYTES;
  return lines.filter((line) => {
    const size = Buffer.byteLength(line) + 1;
    // The last line has no line end.
    if (size > left + 1) return false;
    left -= size;
    return true;
  });
}

/** gatherKeys returns the keys of people, as many as a record holds; the order of `rings` decides whose. */
export function gatherKeys(rings: readonly KeyRing[]): GatheredKeys {
  const all = new Set(rings.flatMap(({ lines }) => lines));
  const text = [...all].sort().join('\n');
  if (Buffer.byteLength(text) <= MAX_KEYS_BYTES) return { text, cut: 0 };
  const fit = fitting(inTurns(rings));
  return { text: [...fit].sort().join('\n'), cut: all.size - fit.length };
}
