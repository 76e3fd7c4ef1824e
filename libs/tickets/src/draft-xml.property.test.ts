/** A document that is read as a draft and written again says the same to a strict reader. */
import { Fault } from '@nodemgr/faults';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { readDraftXml, writeDraftXml } from './draft-xml.ts';

/** What a strict reader makes of a document: events, with texts that follow each other as one. */
function meaningOf(document: string): readonly unknown[] {
  const events: unknown[] = [];
  const parser = new SaxesParser({ xmlns: true });
  let text = '';
  const flush = (): void => {
    if (text !== '') events.push({ text });
    text = '';
  };
  let depth = 0;
  const said = (more: string): void => {
    if (depth > 0) text += more;
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('text', said);
  parser.on('cdata', said);
  parser.on('opentag', ({ name, uri, attributes }) => {
    flush();
    depth += 1;
    const given = Object.values(attributes).map(({ name, uri, value }) => ({ name, uri, value }));
    events.push({ name, uri, given });
  });
  parser.on('closetag', () => {
    flush();
    depth -= 1;
    events.push('end');
  });
  parser.write(document).close();
  return events;
}

const NAMES = ['slice', 'nodes', 'value', 'p:key', 'toString', 'hasOwnProperty', 'a.b-c_1', 'é'];
/** Pieces that a text may hold as they stand. */
const spelled = fc.constantFrom(
  ...[
    'a',
    ' ',
    '\n',
    '\r\n',
    '\r',
    '\t',
    '&#10;',
    '&#13;',
    '&#9;',
    '&#x20;',
    '&amp;',
    '&lt;',
    '&gt;',
  ],
  ...[
    '&quot;',
    '&apos;',
    '&#38;#60;',
    '&amp;lt;',
    '>',
    'é',
    '😀',
    '12',
    '0x10',
    'true',
    '-0',
    '1e5',
  ],
);
const inText = fc.oneof(
  { weight: 6, arbitrary: spelled },
  { weight: 1, arbitrary: fc.constantFrom('"', "'", '<!-- <nodes> & -- -->'.replace(' -- ', ' ')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('<?p <a> ?>', '<![CDATA[]]>', '<![CDATA[ </a> & &lt; ]] > ]]>'),
  },
);
const attribute = fc
  .tuple(
    fc.constantFrom('name', 'p:name', 'constructor', '__proto__', 'toString', 'xml:space'),
    fc.array(spelled, { maxLength: 6 }),
    fc.constantFrom(`'"`, `"'`),
  )
  .map(([name, pieces, [quote = '"', other = '']]) => [
    name,
    ` ${name} =\n${quote}${pieces.join('')}${other}${quote}`,
  ]);
const attributes = fc
  .uniqueArray(attribute, { selector: ([name]) => name, maxLength: 3 })
  .map((all) => all.map(([, text]) => text).join(''));
const content = fc.array(inText, { maxLength: 5 }).map((pieces) => pieces.join(''));
const { element } = fc.letrec<{ element: string; children: string }>((tie) => ({
  element: fc
    .tuple(fc.constantFrom(...NAMES), attributes, tie('children'), fc.constantFrom('', ' ', '\n'))
    .map(([name, given, inside, space]) =>
      inside === '' && space !== ''
        ? `<${name}${given}${space}/>`
        : `<${name}${given}${space}>${inside}</${name}${space}>`,
    ),
  children: fc.oneof(
    { maxDepth: 4 },
    content,
    fc
      .array(fc.tuple(content, tie('element')), { maxLength: 3 })
      .map((parts) => parts.flat().join('')),
  ),
}));
const document = fc
  .tuple(
    fc.constantFrom(
      '',
      '\ufeff',
      '<?xml version="1.0"?>\n',
      '<?xml version="1.0" encoding="utf-8"?>',
    ),
    fc.constantFrom('', ' xmlns="http://www.planet-lab.org/xml"'),
    element,
  )
  .map(
    ([before, namespace, inside]) =>
      `${before}<!-- - --><r xmlns:p="urn:p"${namespace}>${inside}</r>\n`,
  );

test('whatever its spelling, its elements, attributes and texts come out as a strict reader sees them', () => {
  fc.assert(
    fc.property(document, (document) => {
      const written = writeDraftXml(readDraftXml(document));
      expect(meaningOf(written)).toEqual(meaningOf(document));
      expect(writeDraftXml(readDraftXml(written))).toBe(written);
    }),
    { numRuns: 1000 },
  );
});

const outcomeOf = (document: string): string => {
  try {
    return writeDraftXml(readDraftXml(document));
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    return (error as Fault).message;
  }
};

test('a document that is damaged anywhere is refused, or says what a strict reader sees in it', () => {
  fc.assert(
    fc.property(document, fc.nat(), fc.nat({ max: 3 }), (document, at, length) => {
      const start = at % document.length;
      const damaged = document.slice(0, start) + document.slice(start + length + 1);
      // A reader that takes half a character for one takes what follows along.
      fc.pre(!/\p{Surrogate}/u.test(damaged));
      let meaning: readonly unknown[] | undefined;
      try {
        meaning = meaningOf(damaged);
      } catch {
        // No strict reader takes it: nothing must come out that one does take for it.
      }
      const written = outcomeOf(damaged);
      if (meaning !== undefined) expect(meaningOf(written)).toEqual(meaning);
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['cut short', '<slice><nodes></nodes>', 'it is not well-formed'],
  ['closed in another order', '<a><b></a></b>', 'it is not well-formed'],
  ['with an attribute twice', '<a b="1" b="2"/>', 'it is not well-formed'],
  ['with an entity of its own', '<a>&evil;</a>', 'it is not well-formed'],
  ['with a DOCTYPE', '<!DOCTYPE a [<!ENTITY b "c">]><a/>', '<!DOCTYPE is not allowed'],
  ['that is empty', '', 'it is not well-formed'],
  ['with half a character', '<a b="\ud83d&quot;"/>', 'half a character'],
  ['nested too deep', '<a>'.repeat(50) + '</a>'.repeat(50), 'it cannot be read: Maximum nested'],
])('a document %s is refused, not mended', (_what, document, why) => {
  expect(outcomeOf(document)).toContain(why);
});

test('<!DOCTYPE in a script that stands in CDATA is text', () => {
  expect(outcomeOf('<a><![CDATA[<!DOCTYPE html>]]></a>')).toBe('<a>&#60;!DOCTYPE html&#62;</a>');
});

test('what stands in an element that is not to be read is left unread', () => {
  const { children } = readDraftXml('<a><b><nodes><node id="1"/></nodes></b></a>', ['nodes']);
  expect(children).toEqual([
    {
      name: 'b',
      attributes: {},
      children: [{ name: 'nodes', attributes: {}, children: ['<node id="1"/>'] }],
    },
  ]);
});
