/** Tickets and xmlsec1 (Debian's package, which nobody of this project wrote), both ways. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signTicket } from './index.ts';
import { recordFromTicket } from './judge-ticket.ts';
import {
  aTicket,
  outcomeOf,
  p256Keys,
  rsaKeys,
  type TestKeys,
  trusting,
} from './ticket-builder.test-support.ts';

const version = spawnSync('xmlsec1', ['--version'], { encoding: 'utf8' });
/** From 1.3 on, a key that no KeyInfo names is not looked for unless asked. */
const LAX = / 1\.[3-9]/.test(version.stdout ?? '') ? ['--lax-key-search'] : [];
const { missing, note } = needs('xmlsec1');

const rsa = rsaKeys();
const p256 = p256Keys();
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickets-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function xmlsecSign(template: string, keys: TestKeys): string {
  const output = join(folder, 'signed.xml');
  const key = file('key.pem', keys.privatePem);
  const input = file('template.xml', template);
  execFileSync('xmlsec1', ['--sign', ...LAX, '--privkey-pem', key, '--output', output, input], {
    stdio: 'pipe',
  });
  return readFileSync(output, 'utf8');
}

function xmlsecAccepts(ticket: string, keys: TestKeys): boolean {
  const key = file('public.pem', keys.publicPem);
  const input = file('ticket.xml', ticket);
  const run = spawnSync('xmlsec1', ['--verify', ...LAX, '--pubkey-pem', key, input], {
    encoding: 'utf8',
  });
  return run.status === 0;
}

const template = (name: string): string =>
  readFileSync(new URL(`./templates/${name}.xml`, import.meta.url), 'utf8');

describe.skipIf(missing)(`tickets and xmlsec1${note}`, () => {
  test.each([
    ['RSA-SHA256', rsa, {}],
    ['RSA-SHA512', rsa, { hash: 'sha512' }],
    ['ECDSA-SHA256', p256, {}],
  ] as const)('xmlsec1 accepts our ticket with %s, and no changed one', (_name, keys, options) => {
    const ticket = signTicket(aTicket(), keys.privatePem, options);
    expect(xmlsecAccepts(ticket, keys)).toBe(true);
    expect(xmlsecAccepts(ticket.replace('id="12"', 'id="13"'), keys)).toBe(false);
  });

  test.each([
    ['rsa-sha256', rsa, false],
    ['rsa-sha512', rsa, false],
    ['ecdsa-sha256', p256, false],
    ['rsa-sha1', rsa, true],
  ] as const)('we accept a ticket that xmlsec1 signed with %s', (name, keys, allowRsaSha1) => {
    const ticket = xmlsecSign(template(name), keys);
    const record = outcomeOf(ticket, trusting([rsaKeys(), rsa, p256], { allowRsaSha1 }));
    expect(record).toEqual(recordFromTicket(aTicket()));
    const changed = ticket.replace('id="12"', 'id="13"');
    expect(outcomeOf(changed, trusting([keys], { allowRsaSha1 }))).toMatch(/changed after/);
    expect(outcomeOf(ticket, trusting([rsaKeys(), p256Keys()], { allowRsaSha1 }))).toMatch(
      /no key/,
    );
  });

  test('a ticket that xmlsec1 signed with SHA-1 needs the configuration to allow it', () => {
    const ticket = xmlsecSign(template('rsa-sha1'), rsa);
    expect(outcomeOf(ticket, trusting([rsa]))).toMatch(/does not allow SHA-1/);
  });
});
