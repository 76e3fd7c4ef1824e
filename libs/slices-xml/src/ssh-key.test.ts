import { Buffer } from 'node:buffer';
import { createECDH } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aBlob, anSshKey } from './document-builder.test-support.ts';
import { readSshKey } from './ssh-key.ts';

const ascii = (text: string) => Buffer.from(text);
const line = (type: string, ...fields: readonly Buffer[]) =>
  `${type} ${aBlob(ascii(type), ...fields).toString('base64')}`;
const modulus = (bits: number) =>
  Buffer.concat([
    Buffer.alloc(1),
    Buffer.from([0x80 >> (7 - ((bits - 1) % 8))]),
    Buffer.alloc(Math.ceil(bits / 8) - 1, 5),
  ]);
const EXPONENT = Buffer.from([1, 0, 1]);
const rsa = (bits: number) => line('ssh-rsa', EXPONENT, modulus(bits));
const pointOn = (curve: string) => createECDH(curve).generateKeys();
const ecdsa = (name: string, point: Buffer) => line(`ecdsa-sha2-${name}`, ascii(name), point);
const ED25519 = anSshKey(1, { comment: '' });

function whyNot(value: string): string {
  const verdict = readSshKey(value);
  return verdict.ok ? 'nothing is wrong with it' : verdict.why;
}

describe('a key that sshd can use is kept', () => {
  test.each([
    ['RSA with 1024 bits', rsa(1024)],
    ['RSA with 4096 bits', rsa(4096)],
    ['RSA with 16384 bits', rsa(16_384)],
    ['Ed25519', ED25519],
    ['ECDSA on P-256', ecdsa('nistp256', pointOn('prime256v1'))],
    ['ECDSA on P-384', ecdsa('nistp384', pointOn('secp384r1'))],
    ['ECDSA on P-521', ecdsa('nistp521', pointOn('secp521r1'))],
    [
      'Ed25519 on a security token',
      line('sk-ssh-ed25519@openssh.com', Buffer.alloc(32, 1), ascii('ssh:')),
    ],
    [
      'ECDSA on a security token',
      line(
        'sk-ecdsa-sha2-nistp256@openssh.com',
        ascii('nistp256'),
        pointOn('prime256v1'),
        ascii('ssh:'),
      ),
    ],
  ])('as it is when it is %s', (_what, key) => {
    expect(readSshKey(key)).toEqual({ ok: true, line: key });
  });

  test.each([
    ['a line end after it', `${ED25519}\n`],
    ['a line end of Windows after it', `${ED25519}\r\n`],
    ['white space and line ends around it', `\r\n \t${ED25519}\t \n\n`],
    ['tabs and spaces between its parts', ED25519.replace(' ', ' \t  ')],
  ])('without %s', (_what, value) => {
    expect(readSshKey(value)).toEqual({ ok: true, line: ED25519 });
  });

  test('with its comment on one line that a terminal can show', () => {
    const words = (comment: string) => readSshKey(`${ED25519}\t${comment}`);
    expect(words(' Zoé laptop (home) <z@example.invalid> ')).toEqual({
      ok: true,
      line: `${ED25519} Zoé laptop (home) <z@example.invalid>`,
    });
    expect(words('a\u001b[31m\tb\u2028c')).toEqual({ ok: true, line: `${ED25519} a [31m b c` });
    expect(words('\u0007')).toEqual({ ok: true, line: ED25519 });
  });

  test('under the name of its type where it bears that of a signature algorithm', () => {
    expect(readSshKey(rsa(2048).replace('ssh-rsa', 'rsa-sha2-512'))).toEqual({
      ok: true,
      line: rsa(2048),
    });
  });
});

describe('a key is refused', () => {
  test.each([
    ['that is cut off', 'ssh-rsa A u@h', 'its base64 does not decode'],
    ['that says a type alone', 'ssh-ed25519', 'it is not `type base64 [comment]`'],
    ['that is empty', ' \n', 'it is empty'],
    [
      'with a second key on a line of its own',
      `${ED25519}\n${ED25519}`,
      'a line end is in the middle',
    ],
    ['with an option', `no-pty ${ED25519}`, 'options before a key are not allowed: "no-pty"'],
    [
      'with options that hold spaces and quotes',
      `command="echo \\"a b\\" c",no-pty \t${ED25519}`,
      'options before a key are not allowed: "command=',
    ],
    ['of DSS', line('ssh-dss', ascii('p')), 'DSS key (ssh-dss)'],
    ['of a type in capitals', ED25519.replace('ssh-ed', 'SSH-ED'), 'no keys of type "SSH-ED25519"'],
    ['of a type that nobody knows', ED25519.replaceAll('ed25519', 'x'), 'no keys of type "ssh-x"'],
    [
      'that is a certificate',
      ED25519.replace('9 ', '9-cert-v01@openssh.com '),
      'it is a certificate',
    ],
    [
      'that is of another type inside',
      ED25519.replace('ed25519', 'rsa'),
      'not a key of type ssh-rsa',
    ],
    ['without its padding', rsa(1024).replace(/=+$/, ''), 'its base64 does not decode'],
    ['with bits to spare', rsa(1024).replace(/.==?$/, 'B='), 'its base64 does not decode'],
    ['of RSA with 1023 bits', rsa(1023), 'it has 1023 bits; sshd takes 1024 or more'],
    ['of RSA with 16392 bits', rsa(16_392), 'sshd takes at most 16384'],
    ['of RSA that is negative', line('ssh-rsa', EXPONENT, Buffer.alloc(256, 0x81)), 'is negative'],
    ['of RSA without a modulus', line('ssh-rsa', EXPONENT), 'its modulus is cut off'],
    [
      'of Ed25519 with 31 bytes',
      line('ssh-ed25519', Buffer.alloc(31)),
      'has 31 bytes instead of 32',
    ],
    ['with bytes after it', line('ssh-ed25519', Buffer.alloc(32), ascii('')), '4 bytes follow'],
    [
      'of another curve inside',
      line('ecdsa-sha2-nistp256', ascii('nistp384'), pointOn('secp384r1')),
      'its curve is not nistp256',
    ],
    [
      'of a point off its curve',
      ecdsa('nistp256', Buffer.alloc(65, 4)),
      'not on the curve nistp256',
    ],
    ['of a compressed point', ecdsa('nistp256', Buffer.alloc(33, 2)), 'not an uncompressed one'],
    [
      'of a token without an application',
      line('sk-ssh-ed25519@openssh.com', Buffer.alloc(32)),
      'its application is cut off',
    ],
    ['with a comment that has no end', `${ED25519} ${'c'.repeat(17_000)}`, 'longer than 16384'],
  ])('%s', (_what, value, why) => {
    expect(whyNot(value)).toContain(why);
  });

  test('in a time that grows with its length alone, however its quotes stand', () => {
    expect(whyNot(`"${'\\"'.repeat(8000)}`)).toContain('sshd knows no keys of type');
  });
});

/** Words that mean something in authorized_keys, put together in ways that nobody meant. */
const piece = fc.oneof(
  fc.constantFrom(
    'command="id"',
    'environment="A=B"',
    'no-pty',
    ',',
    ' ',
    '\t',
    '\n',
    '\r',
    '"',
    '\\"',
    '#',
  ),
  fc.constantFrom('cert-authority', 'ssh-rsa', 'ssh-ed25519', 'restrict', '\0', '\u2028', '='),
  fc.constantFrom(ED25519, rsa(1024), ED25519.split(' ')[1] ?? ''),
  fc.string({ maxLength: 4 }),
);
const values = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

test('whatever a document says, what comes of it is one line, and a key with nothing before it', () => {
  fc.assert(
    fc.property(values, (value) => {
      const verdict = readSshKey(value);
      if (!verdict.ok) return;
      expect(verdict.line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      const [type = '', base64 = ''] = verdict.line.split(' ');
      expect(['ssh-rsa', 'ssh-ed25519']).toContain(type);
      expect(Buffer.from(base64, 'base64').toString('latin1', 4, 4 + type.length)).toBe(type);
      expect(readSshKey(verdict.line)).toEqual(verdict);
    }),
    { numRuns: 5000 },
  );
});
