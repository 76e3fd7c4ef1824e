/** Builders of slices.xml for tests: one slice, key or document with a word on what is special. */
import { Buffer } from 'node:buffer';

/** aBlob returns the fields of a key one after the other, each with its length before it (RFC 4251). */
export function aBlob(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(field.length);
      return [length, field];
    }),
  );
}

/** anSshKey returns a valid public key; the same one for the same `seed`. */
export function anSshKey(seed = 1, { type = 'ssh-ed25519', comment = 'u@host' } = {}): string {
  const blob = aBlob(Buffer.from(type), Buffer.alloc(32, seed));
  return `${type} ${blob.toString('base64')}${comment === '' ? '' : ` ${comment}`}`;
}

/** idOf returns the id of a slice of that name: no other name of a test has it. */
export function idOf(name: string): number {
  if (name === 'princeton_sirius') return 12;
  return [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1e9, 100);
}

/** aSlice returns a `<slice>` on node 17; `attributes` and `inside` replace or add text. */
export function aSlice({
  name = 'princeton_sirius',
  attributes = ` id="${idOf(name)}"`,
  nodes = '<nodes><node id="17" hostname="planetlab1.cs.princeton.edu"/></nodes>',
  users = '<users><user person_id="5" email="u@example.edu"/></users>',
  inside = '',
} = {}): string {
  return `<slice name="${name}"${attributes}>${nodes}${users}${inside}</slice>`;
}

/** aResource returns a `<resource>` with one value for each of `values`. */
export function aResource(name: string, values: readonly (number | string)[], type = 'integer') {
  const inside = values.map((value) => `<value name="v" type="${type}">${value}</value>`).join('');
  return `<resource name="${name}">${inside}</resource>`;
}

export const aKey = (value: string, person = '5', type = 'ssh'): string =>
  `<key person_id="${person}" type="${type}" value="${value}"/>`;

/** aDocument puts `inside` into a root element and returns its bytes. */
export function aDocument(inside: string, root = 'version="0.5"'): Buffer {
  return Buffer.from(
    `<?xml version="1.0"?>\n<planetlab_slices ${root}>\n${inside}\n</planetlab_slices>\n`,
  );
}
