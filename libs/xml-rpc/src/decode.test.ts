import { Fault } from '@nodemgr/faults';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCall, decodeResponse } from './decode.ts';
import { encodeCall } from './encode.ts';
import { DEFAULT_BOUNDS, type DecodeBounds } from './read-document.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const callWith = (...values: readonly string[]): string =>
  `<methodCall><methodName>Do</methodName><params>${values
    .map((value) => `<param><value>${value}</value></param>`)
    .join('')}</params></methodCall>`;

function paramOf(value: string): unknown {
  return decodeCall(bytes(callWith(value))).params[0];
}

function reasonFor(body: string | Uint8Array, bounds: Partial<DecodeBounds> = {}): string {
  try {
    decodeCall(typeof body === 'string' ? bytes(body) : body, { ...DEFAULT_BOUNDS, ...bounds });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    expect(error.kind).toBe('not-xml-rpc');
    return error.message;
  }
  return 'accepted';
}

test('every type of the specification arrives as its JavaScript value', () => {
  expect(paramOf('<int>-12</int>')).toBe(-12);
  expect(paramOf('<i4>+2147483647</i4>')).toBe(2147483647);
  expect(paramOf('<i8>9007199254740991</i8>')).toBe(Number.MAX_SAFE_INTEGER);
  expect(paramOf('<boolean>1</boolean>')).toBe(true);
  expect(paramOf('<double>-1.50</double>')).toBe(-1.5);
  expect(paramOf('<string> a\n b </string>')).toBe(' a\n b ');
  expect(paramOf(' bare text ')).toBe(' bare text ');
  expect(paramOf('')).toBe('');
  expect(paramOf('<nil/>')).toBeNull();
  expect(paramOf('<ex:nil/>')).toBeNull();
  expect(paramOf('<base64> aGVs\nbG8= </base64>')).toEqual(new Uint8Array(Buffer.from('hello')));
  expect(paramOf('<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>')).toEqual(
    new Date('1998-07-17T14:08:55Z'),
  );
  expect(
    paramOf('<array><data><value>a</value><value><int>1</int></value></data></array>'),
  ).toEqual(['a', 1]);
});

test('an <int> over 31 bits is taken, as clients without <i8> send it', () => {
  expect(paramOf('<int>5000000000</int>')).toBe(5_000_000_000);
  expect(paramOf('<i4>-2147483649</i4>')).toBe(-2_147_483_649);
});

test.each(['i1', 'i2', 'i8', 'biginteger', 'ex:i1', 'ex:i2', 'ex:i4', 'ex:i8', 'ex:biginteger'])(
  'the extension type <%s> is an integer',
  (tag) => {
    expect(paramOf(`<${tag}> -12 </${tag}>`)).toBe(-12);
    expect(() => paramOf(`<${tag}>1.5</${tag}>`)).toThrow(`<${tag}> wants a whole number`);
  },
);

test('a request of Apache’s client declares the namespace of its extension types', () => {
  const request =
    '<?xml version="1.0" encoding="UTF-8"?><methodCall xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions">' +
    '<methodName>SetLoans</methodName><params><param><value>a_b</value></param><param><value><array><data>' +
    '<value><ex:i8>5000000000</ex:i8></value><value><ex:float>1.5</ex:float></value><value><ex:bigdecimal>2.25</ex:bigdecimal></value>' +
    '<value><ex:dateTime>2026-01-31T23:59:59.000+01:00</ex:dateTime></value><value><ex:nil/></value>' +
    '</data></array></value></param></params></methodCall>';
  expect(decodeCall(Buffer.from(request))).toEqual({
    method: 'SetLoans',
    params: ['a_b', [5_000_000_000, 1.5, 2.25, new Date('2026-01-31T22:59:59Z'), null]],
  });
});

test.each([
  '<methodCall>',
  '<methodCall xmlns:ex="urn:another">',
  '<methodCall xmlns:apache="http://ws.apache.org/xmlrpc/namespaces/extensions">',
])(
  'the prefix of an extension type is taken as it is written: in %s it is ex and no other',
  (root) => {
    const call = (tag: string) =>
      decodeCall(
        Buffer.from(
          `${root}<methodName>a</methodName><params><param><value><${tag}>7</${tag}></value></param></params></methodCall>`,
        ),
      );
    expect(call('ex:i8').params).toEqual([7]);
    expect(() => call('apache:i8')).toThrow('apache:i8');
  },
);

test('white space between elements, comments and CDATA sections do not matter', () => {
  const value =
    ' <struct>\n <member> <name>a</name> <value> <int>\t1 </int> </value></member></struct> ';
  expect(paramOf(value)).toEqual({ a: 1 });
  expect(paramOf('<string>a<!-- b --><![CDATA[<c>]]>&lt;&#x20AC;</string>')).toBe('a<c><€');
});

test('a call may leave its parameters out', () => {
  expect(decodeCall(bytes('<methodCall><methodName> Help </methodName></methodCall>'))).toEqual({
    method: 'Help',
    params: [],
  });
});

test.each([
  ['<int>abc</int>', 'param 1: <int> wants a whole number, got "abc"'],
  ['<int>9007199254740992</int>', 'param 1: <int> wants at most 9007199254740991'],
  ['<i8>9007199254740992</i8>', 'param 1: <i8> wants at most 9007199254740991'],
  ['<boolean>true</boolean>', 'param 1: <boolean> wants 0 or 1, got "true"'],
  ['<double>NaN</double>', 'param 1: <double> wants a finite decimal number, got "NaN"'],
  ['<double>1e999</double>', 'param 1: <double> wants a finite decimal number'],
  ['<base64>abc</base64>', 'param 1: <base64> wants base64'],
  ['<nil>x</nil>', 'param 1: <nil> wants nothing inside'],
  ['<dateTime.iso8601>20250230T00:00:00</dateTime.iso8601>', 'wants a date such as'],
  ['<dateTime.iso8601>20250228T00:00:00+99:99</dateTime.iso8601>', 'wants a zone such as'],
  ['x<int>1</int>', 'param 1: <value> has text beside an element'],
  ['<int>1</int><int>2</int>', 'param 1: <value> has two <int>'],
  ['<int>1</int><i4>2</i4>', 'param 1: <value> has more than one element'],
  ['<decimal>1</decimal>', 'param 1: <value> wants <string>, <int>'],
  ['<int><b/></int>', 'param 1: <int> wants only text, got <b>'],
  ['<array/>', 'param 1: <array> lacks <data>'],
  ['<array><data>text</data></array>', 'param 1, item 1: <data> wants no text, got "text"'],
  ['<struct><member><name>a</name></member></struct>', 'member "a": <member> lacks <value>'],
])('%s is refused with what is wrong and where', (value, reason) => {
  expect(reasonFor(callWith(value))).toContain(reason);
});

test('an error deep inside names the way to it', () => {
  const inner = '<struct><member><name>n</name><value><int>z</int></value></member></struct>';
  const items = `<array><data><value/><value/><value>${inner}</value></data></array>`;
  expect(reasonFor(callWith('a', items))).toBe(
    'param 2, item 3, member "n": <int> wants a whole number, got "z"',
  );
});

describe('struct members', () => {
  const member = (name: string) => `<member><name>${name}</name><value>v</value></member>`;

  test('a member called __proto__ is a member and poisons nothing', () => {
    const value = paramOf(`<struct>${member('__proto__')}${member('constructor')}</struct>`);
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(({} as Record<string, unknown>)['v']).toBeUndefined();
  });

  test('two members of one name are an error', () => {
    expect(reasonFor(callWith(`<struct>${member('a')}${member('a')}</struct>`))).toContain(
      '<struct> has two members named "a"',
    );
  });
});

describe('hostile documents', () => {
  const nested = (levels: number) =>
    '<array><data><value>'.repeat(levels) + '</value></data></array>'.repeat(levels);

  test('a DTD is refused before anything is parsed', () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${callWith('&b;')}`;
    expect(reasonFor(bomb)).toBe('<!DOCTYPE and <!ENTITY are not allowed anywhere in the text');
    expect(reasonFor(Buffer.from(`\ufeff${bomb}`, 'utf16le'))).toContain('<!DOCTYPE');
  });

  test('XML 1.1 is read as XML 1.0, which has no control characters', () => {
    const declared = (text: string) => `<?xml version="1.1"?>${callWith(text)}`;
    expect(reasonFor(declared('&#1;'))).toContain('malformed character entity');
    expect(decodeCall(bytes(declared('a\u0085\u2028b'))).params).toEqual(['a\u0085\u2028b']);
  });

  test('an entity that XML does not define is refused', () => {
    expect(reasonFor(callWith('&nbsp;'))).toContain('undefined entity');
    expect(reasonFor(callWith('&#0;'))).toContain('not well-formed');
  });

  test('nesting beyond the bound is refused, up to it accepted', () => {
    expect(reasonFor(callWith(nested(16)))).toBe('accepted');
    expect(reasonFor(callWith(nested(17)))).toContain('nest deeper than 16 levels');
  });

  test('too many values and too long a text are refused', () => {
    expect(reasonFor(callWith('1', '2', '3'), { maxValues: 2 })).toContain('more than 2 values');
    expect(reasonFor(callWith('a&amp;b<!-- -->c'), { maxText: 3 })).toContain(
      '<value> has more than 3 characters',
    );
  });

  test.each([
    '',
    'GET / HTTP/1.0',
    '<html/>',
    '<methodCall>',
    '<methodCall/>',
    '<methodCall><methodName/></methodCall>',
    '<methodCall><methodName>a</methodName><methodName>b</methodName></methodCall>',
    '<methodCall><methodName>a</methodName></methodCall><methodCall/>',
    '<methodResponse><params/></methodResponse>',
    callWith('<int>1</i4>'),
    `${callWith()}trailing`,
  ])('%j is not a call', (text) => {
    expect(reasonFor(text)).not.toBe('accepted');
  });
});

describe('encodings', () => {
  const declared = (encoding: string, text: string) =>
    `<?xml version="1.0" encoding="${encoding}"?>${callWith(`<string>${text}</string>`)}`;
  const stringIn = (body: Uint8Array) => decodeCall(body).params[0];

  test('UTF-8 with or without a byte order mark', () => {
    expect(stringIn(bytes(declared('UTF-8', 'é€😀')))).toBe('é€😀');
    expect(stringIn(bytes(`\ufeff${callWith('é')}`))).toBe('é');
  });

  test('UTF-16 of either order, by its byte order mark', () => {
    const little = Buffer.from(`\ufeff${declared('utf-16', 'é€')}`, 'utf16le');
    expect(stringIn(little)).toBe('é€');
    expect(stringIn(Buffer.from(little).swap16())).toBe('é€');
  });

  test('what the XML declaration names', () => {
    expect(stringIn(Buffer.from(declared('ISO-8859-1', 'é\x80'), 'latin1'))).toBe('é\x80');
    expect(stringIn(bytes(declared('us-ascii', 'e')))).toBe('e');
    expect(stringIn(Buffer.from(declared('windows-1251', '\xe9'), 'latin1'))).toBe('й');
  });

  test('UTF-8 that is declared as US-ASCII, as RPC::XML sends it unless told otherwise', () => {
    expect(stringIn(bytes(declared('us-ascii', 'é€😀')))).toBe('é€😀');
    expect(reasonFor(Buffer.from(declared('us-ascii', '\xe9'), 'latin1'))).toBe(
      'the text is neither US-ASCII nor UTF-8',
    );
  });

  test('anything else is a clear error', () => {
    expect(reasonFor(declared('klingon', 'x'))).toContain("encoding 'klingon' is not supported");
    expect(reasonFor(Buffer.from(declared('utf-8', '\xe9'), 'latin1'))).toBe(
      'the text is not UTF-8',
    );
    expect(reasonFor(declared('utf-16', 'x'))).toContain('byte order mark');
  });
});

describe('responses', () => {
  const answer = (inner: string) =>
    decodeResponse(bytes(`<methodResponse>${inner}</methodResponse>`));

  test('a value or a fault', () => {
    expect(answer('<params><param><value><i4>1</i4></value></param></params>')).toEqual({
      kind: 'value',
      value: 1,
    });
  });

  test('a fault without code and text, and no value at all, are refused', () => {
    expect(() => answer('<fault><value>no</value></fault>')).toThrow('faultCode and faultString');
    expect(() => answer('<params/>')).toThrow('one value or a fault');
    expect(() => answer('')).toThrow(Fault);
  });
});

test('whatever the bytes: a call or the fault not-xml-rpc, and nothing else', () => {
  const seed = encodeCall('Do', ['a<b', 1, 2 ** 40, [true, null, { x: 1.5, y: new Date(0) }]]);
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '<value>',
      '</value>',
      '<array>',
      ']]>',
      '<![CDATA[',
      '&amp;',
      '<?xml',
      '<!--',
      '\0',
    ),
  );
  const mutated = fc
    .tuple(fc.nat(seed.length), fc.nat(40), piece)
    .map(([at, length, text]) => seed.slice(0, at) + text + seed.slice(at + length));
  const body = fc.oneof(
    mutated.map((text) => bytes(text)),
    fc.uint8Array({ maxLength: 200 }),
  );
  fc.assert(
    fc.property(body, (input) => {
      try {
        expect(typeof decodeCall(input).method).toBe('string');
      } catch (error) {
        expect(error).toBeInstanceOf(Fault);
        expect((error as Fault).kind).toBe('not-xml-rpc');
        expect((error as Fault).message.length).toBeLessThan(700);
      }
    }),
    { numRuns: 3000 },
  );
});
