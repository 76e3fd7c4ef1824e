import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anSshKey } from './document-builder.test-support.ts';
import { parseSlicesXml } from './index.ts';

interface ModelSlice {
  readonly name: string;
  readonly id: number;
  readonly expiry: number | undefined;
  readonly nodes: readonly number[];
  readonly users: readonly number[];
  readonly rspec: Readonly<Record<string, number>>;
  readonly initscript: string;
  readonly image: string;
}
interface Model {
  readonly slices: readonly ModelSlice[];
  /** Seeds of each person's keys. */
  readonly keys: readonly { readonly person: number; readonly seed: number }[];
}

const NODE = 17;
const person = fc.integer({ min: 1, max: 6 });
const integer = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
const xmlText = fc.string({ unit: fc.constantFrom(...'ab &<>"\'\n\t[]é漢🙂'), maxLength: 12 });
const slice: fc.Arbitrary<ModelSlice> = fc.record({
  name: fc.stringMatching(/^[a-z0-9]{1,5}_[a-zA-Z0-9_]{1,8}$/),
  id: fc.nat(),
  expiry: fc.option(fc.nat(), { nil: undefined }),
  nodes: fc.array(fc.oneof(fc.constant(NODE), fc.integer({ min: 0, max: 200 })), { maxLength: 12 }),
  users: fc.uniqueArray(person, { maxLength: 4 }),
  rspec: fc.dictionary(fc.stringMatching(/^nm_[a-z]{1,6}$/), integer, { maxKeys: 4 }),
  initscript: fc.oneof(
    fc.constant(''),
    xmlText.map((text) => `#!/bin/sh\n${text}`),
  ),
  image: fc.oneof(fc.constant('default'), fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,9}$/)),
});
const model: fc.Arbitrary<Model> = fc.record({
  // Two slices with one id are remarked upon.
  slices: fc
    .uniqueArray(slice, { maxLength: 5, selector: ({ name }) => name })
    .filter((slices) => new Set(slices.map(({ id }) => id)).size === slices.length),
  keys: fc.array(fc.record({ person, seed: fc.nat(255) }), { maxLength: 8 }),
});

/** The choices that a writer of XML has and that mean nothing, drawn from a list of numbers. */
class Writer {
  #next = 0;
  constructor(private readonly choices: readonly number[]) {}

  pick<T>(options: readonly [T, ...T[]]): T {
    const choice = this.choices[this.#next++ % this.choices.length] ?? 0;
    return options[choice % options.length] ?? options[0];
  }

  shuffle<T>(items: readonly T[]): T[] {
    const left = [...items];
    const shuffled: T[] = [];
    while (left.length > 0) {
      const at = (this.choices[this.#next++ % this.choices.length] ?? 0) % left.length;
      shuffled.push(...left.splice(at, 1));
    }
    return shuffled;
  }

  escape(text: string): string {
    const escaped = text
      .replaceAll('&', '&amp;')
      .replaceAll('<', this.pick(['&lt;', '&#60;', '&#x3C;']))
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;');
    return escaped;
  }

  element(
    name: string,
    attributes: Readonly<Record<string, string | number>>,
    inside = '',
  ): string {
    const space = () => this.pick([' ', '\n  ', '\t', '  ']);
    const unknown: Record<string, string> = this.pick<Record<string, string>>([{}, {}, { x: '>' }]);
    const written = this.shuffle(Object.entries({ ...attributes, ...unknown })).map(
      ([key, value]) => {
        const quote = this.pick(['"', "'"]);
        const equals = this.pick(['=', ' = ', '=']);
        return `${space()}${key}${equals}${quote}${this.escape(String(value))}${quote}`;
      },
    );
    const open = `<${name}${written.join('')}${this.pick(['', ' ', '\n'])}`;
    const empty = inside === '' && this.pick([true, false]);
    return empty ? `${open}/>` : `${open}>${inside}</${name}>`;
  }

  /** Things that may stand anywhere between elements and mean nothing. */
  noise(): string {
    return this.pick<string>([
      '',
      '\n  ',
      '',
      '<!-- <slice name="a_b" id="1"><nodes><node id="17"/> > -->',
      '<?pi <nodes> ?>',
      '<unknown a="b"><slice/><nodes><node id="17"/></nodes></unknown>',
      'text &amp; more',
      '<![CDATA[<nodes><node id="17"/>]]>',
    ]);
  }

  all(parts: readonly string[]): string {
    return parts.map((part) => this.noise() + part).join('') + this.noise();
  }
}

function writeSlice(
  writer: Writer,
  { nodes, users, rspec, initscript, image, ...given }: ModelSlice,
) {
  const { expiry, ...attributes } = given;
  const node = (id: number) =>
    writer.element('node', writer.pick([{ id, hostname: `h${id}.example` }, { id }]));
  const value = (name: string, type: string, text: string | number) =>
    writer.element(
      'resource',
      { name },
      `<value type="${type}">${writer.escape(String(text))}</value>`,
    );
  const resources = Object.entries(rspec).map(([name, amount]) => value(name, 'integer', amount));
  if (initscript !== '') resources.push(value('initscript', 'string', initscript));
  if (image !== 'default') resources.push(value('image', 'string', image));
  const parts = [
    writer.element('nodes', {}, writer.all(nodes.map(node))),
    writer.element(
      'users',
      {},
      writer.all(users.map((id) => writer.element('user', { person_id: id }))),
    ),
    writer.element('rspec', {}, writer.all(resources)),
  ];
  const dated = expiry === undefined ? attributes : { ...attributes, expiry };
  return writer.element('slice', dated, writer.all(writer.shuffle(parts)));
}

function write({ slices, keys }: Model, choices: readonly number[]): string {
  const writer = new Writer(choices);
  const parts = slices.map((each) => writeSlice(writer, each));
  for (const key of keys) {
    const attributes = { person_id: key.person, type: 'ssh', value: anSshKey(key.seed) };
    parts.splice(key.seed % (parts.length + 1), 0, writer.element('key', attributes));
  }
  const namespace = writer.pick<Record<string, string>>([
    {},
    { xmlns: 'http://www.planet-lab.org/xml' },
  ]);
  const root = writer.element(
    'planetlab_slices',
    { version: '0.5', ...namespace },
    `${writer.all(parts)} `,
  );
  return writer.pick(['', '<?xml version="1.0" encoding="UTF-8"?>\n']) + root;
}

function expected({ slices, keys }: Model) {
  return slices
    .filter(({ nodes }) => nodes.includes(NODE))
    .map(({ nodes: _, users, expiry, ...same }) => {
      const lines = keys
        .filter((key) => users.includes(key.person))
        .map(({ seed }) => anSshKey(seed));
      const ssh_keys = [...new Set(lines)].sort().join('\n');
      return { ...same, ssh_keys, unreadable: [], ...(expiry === undefined ? {} : { expiry }) };
    });
}

const choices = fc.array(fc.nat(1000), { minLength: 1, maxLength: 200 });

test('a document written from a model says that model, however it is written', () => {
  fc.assert(
    fc.property(model, choices, (given, how) => {
      const document = parseSlicesXml(Buffer.from(write(given, how)), NODE);
      expect(document).toMatchObject({ ok: true, remarks: [] });
      if (!document.ok) return;
      expect(document.slices).toEqual(expected(given));
      expect(document.totals.slices).toBe(given.slices.length);
    }),
    { numRuns: 400 },
  );
});

test('a document that was cut short, at whatever byte, counts for nothing', () => {
  fc.assert(
    fc.property(model, choices, fc.nat(), (given, how, where) => {
      const bytes = Buffer.from(write(given, how));
      const cut = bytes.subarray(0, where % bytes.length);
      expect(parseSlicesXml(cut, NODE).ok).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

test('whatever the bytes, an answer comes and nothing is thrown', () => {
  const pieces = fc.constantFrom(
    '<nodes>',
    '</nodes>',
    '<node id="17"/>',
    '<',
    '>',
    '"',
    '&',
    '<!--',
    ']]>',
    '\0',
    'é',
  );
  const edit = fc.record({ at: fc.nat(), drop: fc.nat(20), add: pieces });
  fc.assert(
    fc.property(model, choices, fc.array(edit, { maxLength: 5 }), (given, how, edits) => {
      let text = write(given, how);
      for (const { at, drop, add } of edits) {
        const from = at % (text.length + 1);
        text = text.slice(0, from) + add + text.slice(from + drop);
      }
      expect(typeof parseSlicesXml(Buffer.from(text), NODE).ok).toBe('boolean');
    }),
    { numRuns: 500 },
  );
});

test('taking other nodes out first changes no verdict', () => {
  fc.assert(
    fc.property(
      model,
      choices,
      fc.nat(),
      fc.constantFrom('<', '>', '"', "'", '/', 'x', ' ', ''),
      (given, how, at, add) => {
        const text = write(given, how);
        const from = at % text.length;
        const broken = text.slice(0, from) + add + text.slice(from + 1);
        const slow = broken
          .replaceAll(/<nodes(?=[\s>])/g, '<nodez')
          .replaceAll('</nodes', '</nodez');
        expect(parseSlicesXml(Buffer.from(broken), NODE).ok).toBe(
          parseSlicesXml(Buffer.from(slow), NODE).ok,
        );
      },
    ),
    { numRuns: 1000 },
  );
});
