/** Rule 7 (DESIGN.md, section 3): nobody's junk costs anybody a sliver. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aDocument, aKey, anSshKey, aSlice } from './document-builder.test-support.ts';
import { type AcceptedDocument, parseSlicesXml } from './index.ts';

function read(inside: string): AcceptedDocument {
  const document = parseSlicesXml(aDocument(inside), 17);
  if (!document.ok) throw new Error(document.reason);
  return document;
}
const escaped = (text: string): string =>
  text.replace(/[&<>"\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
/** What XML can carry (XML 1.0, section 2.2). */
const xmlText = fc
  .string({ unit: 'binary', maxLength: 20 })
  .map((any) => any.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ''));

const OTHERS = [1, 2, 3];
const users = fc.uniqueArray(fc.constantFrom(...OTHERS, 9), { maxLength: 4 });
const slicesXml = (lists: readonly (readonly number[])[]): string =>
  lists
    .map((list, at) => {
      const people = list.map((person) => `<user person_id="${person}"/>`).join('');
      return aSlice({
        name: `site_${at}`,
        attributes: ` id="${at}" expiry="1900000000"`,
        users: `<users>${people}</users>`,
      });
    })
    .join('\n');
const othersKeys = OTHERS.map((person) => aKey(anSshKey(person), String(person))).join('');

const junk = fc.oneof(
  xmlText,
  fc.integer({ min: 10, max: 99 }).map((seed) => anSshKey(seed)),
  fc.constantFrom('ssh-rsa A u@h', `command="id" ${anSshKey(1)}`, `${anSshKey(1)}\n${anSshKey(2)}`),
  fc.constant('x'.repeat(20_000)),
);
const key = fc.record({ value: junk, type: fc.constantFrom('ssh', '', 'gpg') });
const keysOf = (keys: readonly { value: string; type: string }[]): string =>
  keys.map(({ value, type }) => aKey(escaped(value), '9', type)).join('');

test('no change to one user’s keys changes any slice but in its keys, and no other’s keys', () => {
  fc.assert(
    fc.property(
      fc.array(users, { maxLength: 6 }),
      fc.array(key, { maxLength: 30 }),
      (lists, keys) => {
        const before = read(slicesXml(lists) + othersKeys);
        const after = read(slicesXml(lists) + othersKeys + keysOf(keys));
        const but = ({ ssh_keys: _, ...rest }: (typeof before.slices)[number]) => rest;
        expect(after.slices.map(but)).toEqual(before.slices.map(but));
        for (const [at, slice] of after.slices.entries()) {
          const lines = slice.ssh_keys.split('\n');
          const others = before.slices[at]?.ssh_keys ?? '';
          expect(lines).toEqual(expect.arrayContaining(others.split('\n').filter(Boolean)));
          if (!lists[at]?.includes(9)) expect(slice.ssh_keys).toBe(others);
        }
        const concerned = new Set(after.remarks.map(({ slice }) => slice));
        for (const [at, list] of lists.entries()) {
          if (!list.includes(9)) expect(concerned.has(`site_${at}` as never)).toBe(false);
        }
      },
    ),
    { numRuns: 300 },
  );
});

const attribute = fc.option(xmlText, { nil: undefined });
const resource = fc.record({ name: attribute, values: fc.array(xmlText, { maxLength: 3 }) });
const known = fc.constantFrom(
  'nm_cpu_share',
  'nm_enabled',
  'enabled',
  'image',
  'initscript',
  'vsys',
);
const description = fc.record({
  id: attribute,
  expiry: attribute,
  users: fc.array(attribute, { maxLength: 3 }),
  resources: fc.array(fc.oneof(resource, fc.record({ name: known, values: fc.array(xmlText) })), {
    maxLength: 5,
  }),
});
const written = (name: string, value: string | undefined): string =>
  value === undefined ? '' : ` ${name}="${escaped(value)}"`;

test('no description of a slice, however unreadable, removes it or another', () => {
  fc.assert(
    fc.property(description, ({ id, expiry, users: people, resources }) => {
      const rspec = resources.map(
        ({ name, values }) =>
          `<resource${written('name', name)}>${values.map((value) => `<value>${escaped(value)}</value>`).join('')}</resource>`,
      );
      const slice = aSlice({
        attributes: written('id', id) + written('expiry', expiry),
        users: `<users>${people.map((person) => `<user${written('person_id', person)}/>`).join('')}</users>`,
        inside: `<rspec>${rspec.join('')}</rspec>`,
      });
      const { slices, remarks } = read(`${slice}${aSlice({ name: 'mit_dht' })}`);
      expect(slices.map(({ name }) => name)).toEqual(['princeton_sirius', 'mit_dht']);
      const unreadable = slices[0]?.unreadable ?? [];
      expect(unreadable.includes('id')).toBe(!/^\s*\+?0*\d{1,15}\s*$|^\s*-0+\s*$/.test(id ?? ''));
      if (unreadable.length > 0) expect(remarks).not.toEqual([]);
      expect(remarks.every(({ slice: concerned }) => concerned === 'princeton_sirius')).toBe(true);
    }),
    { numRuns: 500 },
  );
});
