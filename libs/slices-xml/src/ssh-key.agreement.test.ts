/** readSshKey beside the real `ssh-keygen -l`, which reads a line as sshd does. */
import { Buffer } from 'node:buffer';
import { execFileSync, spawnSync } from 'node:child_process';
import { createECDH } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '@nodemgr/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aBlob, anSshKey } from './document-builder.test-support.ts';
import { readSshKey } from './ssh-key.ts';

const { missing, note } = needs('openssh-client');

const ascii = (text: string) => Buffer.from(text);
const point = (curve: string) => createECDH(curve).generateKeys();
const rsa = (bytes: number) => [
  ascii('ssh-rsa'),
  Buffer.from([1, 0, 1]),
  Buffer.concat([Buffer.alloc(1), Buffer.alloc(bytes, 0xa5)]),
];
const SK_ECDSA = 'sk-ecdsa-sha2-nistp256@openssh.com';
/** The fields of a key of each type, its name first. */
const KEYS: readonly (readonly Buffer[])[] = [
  rsa(128),
  rsa(256),
  [ascii('ssh-ed25519'), Buffer.alloc(32, 7)],
  [ascii('ecdsa-sha2-nistp256'), ascii('nistp256'), point('prime256v1')],
  [ascii('ecdsa-sha2-nistp384'), ascii('nistp384'), point('secp384r1')],
  [ascii('ecdsa-sha2-nistp521'), ascii('nistp521'), point('secp521r1')],
  [ascii('sk-ssh-ed25519@openssh.com'), Buffer.alloc(32, 7), ascii('ssh:')],
  [ascii(SK_ECDSA), ascii('nistp256'), point('prime256v1'), ascii('ssh:')],
];
const typeOf = (fields: readonly Buffer[]) => (fields[0] ?? Buffer.alloc(0)).toString();

/** What may have happened to a key on its way: to its fields, to its bytes, to its text. */
const fieldChange = fc.constantFrom<(fields: readonly Buffer[]) => readonly Buffer[]>(
  (fields) => fields,
  (fields) => fields.slice(0, -1),
  (fields) => [...fields, Buffer.alloc(3)],
  (fields) => [...fields.slice(0, -1), (fields.at(-1) ?? Buffer.alloc(0)).subarray(1)],
  (fields) =>
    fields.map((field, at) => (at === 1 ? Buffer.concat([Buffer.alloc(1), field]) : field)),
);
const byteChange = fc.oneof(
  { weight: 3, arbitrary: fc.constant((blob: Buffer) => blob) },
  fc
    .record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) })
    .map(({ at, by }) => (blob: Buffer) => {
      const changed = Buffer.from(blob);
      const index = at % Math.max(1, blob.length);
      changed[index] = (changed[index] ?? 0) ^ by;
      return changed;
    }),
  fc.nat().map((at) => (blob: Buffer) => blob.subarray(0, at % (blob.length + 1))),
);
const textChange = fc.oneof(
  { weight: 4, arbitrary: fc.constant((text: string) => text) },
  fc.constantFrom<(text: string) => string>(
    (text) => `\n\t ${text}\r\n`,
    (text) => text.replaceAll(' ', '\t  '),
    (text) => text.replace(/=+( |$)/, '$1'),
    (text) => text.replace('ssh-', 'SSH-'),
    (text) => text.replace(' ', ''),
  ),
  fc
    .record({ at: fc.nat(), add: fc.constantFrom(' ', '=', '/', 'A', '-', '\t', '#') })
    .map(({ at, add }) => (text: string) => {
      const index = at % (text.length + 1);
      return text.slice(0, index) + add + text.slice(index);
    }),
);
const candidate = fc
  .record({
    key: fc.constantFrom(...KEYS),
    fieldChange,
    byteChange,
    textChange,
    comment: fc.constantFrom('', ' u@host', ' # a "b" c'),
  })
  .map(({ key, fieldChange, byteChange, textChange, comment }) => {
    const blob = byteChange(aBlob(...fieldChange(key)));
    return textChange(`${typeOf(key)} ${blob.toString('base64')}${comment}`);
  });

describe.skipIf(missing)(`beside ssh-keygen${note}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nodemgr-keys-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const accepts = (text: string): boolean => {
    const file = join(folder, 'key.pub');
    writeFileSync(file, text);
    return spawnSync('ssh-keygen', ['-l', '-f', file]).status === 0;
  };

  /** Its first word taken for options, or the short name of a type inside: sshd would take neither for a login. */
  const isStricter = (why: string): boolean => /options|knows no keys of type|of type/.test(why);

  test('what is kept ssh-keygen reads, and what ssh-keygen does not read is not kept', () => {
    fc.assert(
      fc.property(candidate, (text) => {
        const verdict = readSshKey(text);
        if (verdict.ok) expect(accepts(verdict.line)).toBe(true);
        else if (!isStricter(verdict.why))
          expect(`${verdict.why}: ${accepts(text)}`).toMatch(/false$/);
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  test.each([
    ['rsa', '2048'],
    ['ecdsa', '256'],
    ['ecdsa', '384'],
    ['ecdsa', '521'],
    ['ed25519', '256'],
  ])('a key of %s as ssh-keygen makes it, with %s bits, is kept', (type, bits) => {
    const file = join(folder, `${type}-${bits}`);
    execFileSync('ssh-keygen', [
      '-q',
      '-t',
      type,
      '-b',
      bits,
      '-N',
      '',
      '-C',
      'u@host',
      '-f',
      file,
    ]);
    const made = readFileSync(`${file}.pub`, 'utf8');
    expect(readSshKey(made)).toEqual({ ok: true, line: made.trim() });
  });

  test('a certificate as ssh-keygen makes it is refused for what it is', () => {
    for (const name of ['ca', 'user']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    }
    execFileSync('ssh-keygen', [
      '-q',
      '-s',
      join(folder, 'ca'),
      '-I',
      'u',
      '-n',
      'u',
      join(folder, 'user.pub'),
    ]);
    const certificate = readFileSync(join(folder, 'user-cert.pub'), 'utf8');
    expect(readSshKey(certificate)).toMatchObject({
      why: expect.stringMatching(/^it is a certificate/),
    });
  });

  test('the key that the builder of these tests makes is one', () => {
    expect(accepts(anSshKey(3))).toBe(true);
  });
});
