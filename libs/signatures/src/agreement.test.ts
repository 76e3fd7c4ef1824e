/** judgeSignatures beside the real `ssh-keygen -Y sign` and `-Y verify`, for each type of key that there is. */
import { Buffer } from 'node:buffer';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochSeconds } from '@nodemgr/records';
import { makeSshSigner, needs, type SshSigner } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestsOf, judgeSignatures, readAllowedSigners } from './index.ts';
import { signedBytes } from './sshsig.ts';

const { missing, note } = needs('openssh-client');
const NAMESPACE = 'nodemgr-slices';
const WHO = 'alice@example.edu';
const NOW = epochSeconds(Math.floor(Date.now() / 1000));
const DOCUMENT = Buffer.from('<planetlab_slices/>\n');

const KINDS = [
  ['ed25519', undefined],
  ['ecdsa', 256],
  ['ecdsa', 384],
  ['ecdsa', 521],
  ['rsa', 2048],
  ['rsa', 3072],
] as const;

const field = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** A positive integer of OpenSSH. */
const mpint = (bytes: Buffer): Buffer => {
  const significant = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  const isHigh = ((significant[0] ?? 0) & 0x80) !== 0;
  return field(isHigh ? Buffer.concat([Buffer.alloc(1), significant]) : significant);
};

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest();

/** A token in software: its blob, and what it signs with. */
interface Token {
  readonly type: string;
  readonly blob: Buffer;
  signBytes(bytes: Buffer): Buffer;
}

function ed25519Token(): Token {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const type = 'sk-ssh-ed25519@openssh.com';
  const x = Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url');
  const blob = Buffer.concat([field(type), field(x), field('ssh:')]);
  return { type, blob, signBytes: (bytes) => sign(null, bytes, privateKey) };
}

function ecdsaToken(): Token {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const type = 'sk-ecdsa-sha2-nistp256@openssh.com';
  const { x, y } = publicKey.export({ format: 'jwk' });
  const coordinates = [x, y].map((text) => Buffer.from(String(text), 'base64url'));
  const point = Buffer.concat([Buffer.from([4]), ...coordinates]);
  const blob = Buffer.concat([field(type), field('nistp256'), field(point), field('ssh:')]);
  const signWith = (key: KeyObject, bytes: Buffer) => {
    const both = sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
    return Buffer.concat([mpint(both.subarray(0, 32)), mpint(both.subarray(32))]);
  };
  return { type, blob, signBytes: (bytes) => signWith(privateKey, bytes) };
}

/** Signs as PROTOCOL.u2f and PROTOCOL.sshsig say. */
function tokenSignature({ type, blob, signBytes }: Token, flags: number): string {
  const counted = Buffer.from([flags, 0, 0, 0, 7]);
  const signed = signedBytes(NAMESPACE, 'sha512', digestsOf(DOCUMENT).sha512);
  const bytes = signBytes(Buffer.concat([sha256('ssh:'), counted, sha256(signed)]));
  const signature = Buffer.concat([field(type), field(bytes), counted]);
  const version = Buffer.from([0, 0, 0, 1]);
  const fields = [blob, NAMESPACE, '', 'sha512', signature].map(field);
  const all = Buffer.concat([Buffer.from('SSHSIG'), version, ...fields]);
  return armoured(all);
}

function armoured(bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{70}/g, '$&\n').trimEnd();
  return `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`;
}

describe.skipIf(missing)(`beside ssh-keygen${note}`, () => {
  let folder: string;
  const signers = new Map<string, SshSigner>();
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nodemgr-signatures-'));
    for (const [type, bits] of KINDS) {
      const name = `${type}-${bits}`;
      signers.set(
        name,
        makeSshSigner(folder, name, { type, ...(bits === undefined ? {} : { bits }) }),
      );
    }
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const signerOf = (name: string): SshSigner => {
    const signer = signers.get(name);
    if (signer === undefined) throw new Error(name);
    return signer;
  };

  const judge = (document: Buffer, signature: string, list: string) =>
    judgeSignatures(
      digestsOf(document),
      signature,
      { signers: readAllowedSigners(list), revoked: new Set(), namespace: NAMESPACE, needed: 1 },
      NOW,
    );

  const accepts = (document: Buffer, signature: string, list: string): boolean => {
    const [allowed, file] = [join(folder, 'allowed'), join(folder, 'document.sig')];
    writeFileSync(allowed, list);
    writeFileSync(file, signature);
    const values = ['-Y', 'verify', '-f', allowed, '-I', WHO, '-n', NAMESPACE, '-s', file];
    return spawnSync('ssh-keygen', values, { input: document }).status === 0;
  };

  const both = (document: Buffer, signature: string, list: string): boolean => {
    const { ok } = judge(document, signature, list);
    expect({ ok }).toEqual({ ok: accepts(document, signature, list) });
    return ok;
  };

  test.each(KINDS)('a signature by %s %s counts here as there, with either hash', (type, bits) => {
    const signer = signerOf(`${type}-${bits}`);
    const list = `${WHO} ${signer.publicKey}\n`;
    for (const hash of ['sha256', 'sha512'] as const) {
      const signature = signer.sign(DOCUMENT, { hash });
      expect(both(DOCUMENT, signature, list)).toBe(true);
      expect(both(Buffer.from('another'), signature, list)).toBe(false);
    }
  });

  test('signatures that an agent made count', () => {
    const socket = join(folder, 'agent');
    const out = execFileSync('ssh-agent', ['-s', '-a', socket], { encoding: 'utf8' });
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(out)?.[1]);
    try {
      for (const signer of signers.values()) {
        execFileSync('ssh-add', ['-q', signer.file], {
          env: { ...process.env, SSH_AUTH_SOCK: socket },
        });
        const signature = signer.sign(DOCUMENT, { agent: socket });
        expect(both(DOCUMENT, signature, `${WHO} ${signer.publicKey}`)).toBe(true);
      }
    } finally {
      process.kill(pid);
    }
  });

  test.each([
    ['Ed25519', ed25519Token, 1],
    ['Ed25519, which nobody has touched', ed25519Token, 0],
    ['ECDSA', ecdsaToken, 1],
  ])('a signature by a token with %s counts here as there', (_name, make, flags) => {
    const token = make();
    const list = `${WHO} ${token.type} ${token.blob.toString('base64')}`;
    expect(both(DOCUMENT, tokenSignature(token, flags), list)).toBe(true);
    expect(both(Buffer.from('another'), tokenSignature(token, flags), list)).toBe(false);
  });

  test.each(KINDS)('a bit flipped anywhere in a signature by %s %s makes it none', (type, bits) => {
    const signer = signerOf(`${type}-${bits}`);
    const list = `${WHO} ${signer.publicKey}`;
    const base64 = signer.sign(DOCUMENT).replace(/-----[A-Z ]+-----|\s/g, '');
    const bytes = Buffer.from(base64, 'base64');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(judge(DOCUMENT, armoured(changed), list), `byte ${at}`).toMatchObject({ ok: false });
      if (at % 61 === 0) expect(both(DOCUMENT, armoured(changed), list)).toBe(false);
    }
    for (let length = 0; length < bytes.length; length += 7) {
      const cut = armoured(bytes.subarray(0, length));
      expect(judge(DOCUMENT, cut, list)).toMatchObject({ ok: false });
    }
    const longer = armoured(Buffer.concat([bytes, Buffer.alloc(1)]));
    expect(both(DOCUMENT, longer, list)).toBe(false);
  });

  const day = (shift: number) =>
    new Date((NOW + shift * 86_400) * 1000).toISOString().slice(0, 10).replaceAll('-', '');
  test.each([
    [`${WHO} KEY a comment`, true],
    [`\t${WHO},bob@example.edu   KEY`, true],
    [`"${WHO}" KEY`, true],
    ['*@example.edu KEY', true],
    [`# nothing\n\n${WHO} KEY`, true],
    [`${WHO} namespaces="nodemgr-slices" KEY`, true],
    [`${WHO} namespaces="git,nodemgr-*" KEY`, true],
    [`${WHO} NAMESPACES="git" KEY`, false],
    [`${WHO} namespaces="!nodemgr-slices,*" KEY`, false],
    [`${WHO} namespaces="nodemgr?slices" KEY`, true],
    [`${WHO} namespaces="nodemgr.slices" KEY`, false],
    [`${WHO} valid-after="${day(-2)}" KEY`, true],
    [`${WHO} valid-after="${day(2)}" KEY`, false],
    [`${WHO} valid-before="${day(-2)}" KEY`, false],
    [`${WHO} valid-before="${day(2)}235959Z",namespaces="nodemgr-slices" KEY`, true],
    [`${WHO} valid-after="${day(-3)}0102",valid-before="${day(-2)}010203Z" KEY`, false],
    [`${WHO} valid-before="${day(-2)}" KEY\n${WHO} KEY`, true],
  ])('the list %j lets a key sign here as there', (pattern, expected) => {
    const signer = signerOf('ed25519-undefined');
    const list = pattern.replaceAll('KEY', signer.publicKey);
    expect(both(DOCUMENT, signer.sign(DOCUMENT), list)).toBe(expected);
  });

  test.each([
    [`${WHO} cert-authority KEY`, /^line 1: cert-authority: .*not read/],
    [`${WHO} KEY\n${WHO} agent KEY`, /^line 2: the option agent is not known/],
    [`${WHO} namespaces="a",namespaces="b" KEY`, /^line 1: .*twice/],
    [`${WHO} valid-after="20261301" KEY`, /^line 1: "20261301" is no time/],
    [`${WHO} valid-after="2026" KEY`, /is no time/],
    [`${WHO} valid-after="20260102",valid-before="20260101" KEY`, /is not after/],
    [`${WHO}`, /^line 1: wanted is/],
    [`${WHO} ssh-ed25519 AAAA`, /^line 1: /],
    [`${WHO} ssh-rsa AAAA`, /^line 1: /],
    ['# nobody', /it names nobody/],
    [`,${WHO} KEY`, /^line 1: wanted is/],
  ])('the list %j is refused, and where', (pattern, why) => {
    const { publicKey } = signerOf('ed25519-undefined');
    expect(() => readAllowedSigners(pattern.replaceAll('KEY', publicKey))).toThrow(why);
  });

  test('an RSA key of 1024 bits, which ssh-keygen takes, may not sign', () => {
    const { publicKey } = makeSshSigner(folder, 'short', { type: 'rsa', bits: 1024 });
    expect(() => readAllowedSigners(`${WHO} ${publicKey}`)).toThrow(/1024 bits; at least 2048/);
  });
});
