/** Who must have signed, and all that is no signature. */
import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { epochSeconds } from '@nodemgr/records';
import { makeSshSigner, needs, type SshSigner } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  digestsOf,
  judgeSignatures,
  MAX_SIGNATURES,
  readAllowedSigners,
  readRevokedKeys,
} from './index.ts';

const { missing, note } = needs('openssh-client');
const DOCUMENT = Buffer.from('<planetlab_slices serial="12"/>');
const NOW = epochSeconds(1_800_000_000);

describe.skipIf(missing)(`signatures${note}`, () => {
  let folder: string;
  let alice: SshSigner;
  let alicesToken: SshSigner;
  let bob: SshSigner;
  let mallory: SshSigner;
  let list: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nodemgr-judge-'));
    const make = (name: string) => makeSshSigner(folder, name);
    [alice, alicesToken, bob, mallory] = [
      make('alice'),
      make('token'),
      make('bob'),
      make('mallory'),
    ];
    list = `alice@x ${alice.publicKey}\nalice@x ${alicesToken.publicKey}\nbob@x ${bob.publicKey}\n`;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const judge = (
    signature: string,
    { needed = 1, revoked = '', signers = list, of = DOCUMENT } = {},
  ) =>
    judgeSignatures(
      digestsOf(of),
      signature,
      {
        signers: readAllowedSigners(signers),
        revoked: readRevokedKeys(revoked),
        namespace: 'nodemgr-slices',
        needed,
      },
      NOW,
    );
  const refused = (why: RegExp) => ({ ok: false, reason: expect.stringMatching(why) });

  test('name those who signed, each once', () => {
    expect(judge(alice.sign(DOCUMENT) + bob.sign(DOCUMENT) + bob.sign(DOCUMENT))).toEqual({
      ok: true,
      signers: [
        { name: 'alice@x', fingerprint: expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/) },
        { name: 'bob@x', fingerprint: expect.stringMatching(/^SHA256:/) },
      ],
      passedOver: [],
    });
  });

  test('of two signers are those of two people', () => {
    const [a, b] = [alice.sign(DOCUMENT), bob.sign(DOCUMENT)];
    expect(judge(a + b, { needed: 2 })).toMatchObject({ ok: true });
    expect(judge(a, { needed: 2 })).toEqual(
      refused(/^wanted is signatures of 2 different signers; there are those of 1$/),
    );
    expect(judge(a + alice.sign(DOCUMENT), { needed: 2 })).toEqual(
      refused(/signed more than once/),
    );
    expect(judge(a + alicesToken.sign(DOCUMENT), { needed: 2 })).toEqual(refused(/more than once/));
    expect(judge(a + mallory.sign(DOCUMENT), { needed: 2 })).toEqual(
      refused(/not among the allowed/),
    );
  });

  test('of people whom the list tells apart by nothing but a pattern count as of one', () => {
    const signers = `*@x ${alice.publicKey}\nbob@x ${bob.publicKey}`;
    const both = alice.sign(DOCUMENT) + bob.sign(DOCUMENT);
    expect(judge(both, { signers, needed: 2 })).toEqual(refused(/those of 1/));
    expect(judge(both, { signers })).toMatchObject({ ok: true });
  });

  test('that count are not undone by one that does not, which is told', () => {
    expect(judge(mallory.sign(DOCUMENT) + alice.sign(DOCUMENT))).toMatchObject({
      ok: true,
      signers: [{ name: 'alice@x' }],
      passedOver: [
        expect.stringMatching(/^signature 1 does not count: .*allowed signers \(SHA256:/),
      ],
    });
  });

  test('of another document, of the packed one and for another purpose count for nothing', () => {
    expect(judge(alice.sign(Buffer.from('another')))).toEqual(refused(/is not on this document/));
    expect(judge(alice.sign(gzipSync(DOCUMENT)))).toEqual(refused(/is not on this document/));
    expect(judge(alice.sign(DOCUMENT, { namespace: 'git' }))).toEqual(
      refused(/it is for "git", not for nodemgr-slices/),
    );
  });

  test('of a key that was revoked or struck off count for nothing', () => {
    const signature = alice.sign(DOCUMENT);
    expect(judge(signature, { revoked: `# lost\n${alice.publicKey} her laptop\n` })).toEqual(
      refused(/its key was revoked \(SHA256:/),
    );
    expect(judge(signature, { signers: `bob@x ${bob.publicKey}` })).toEqual(refused(/not among/));
  });

  test('that are cut off, or have something beside them, count for nothing', () => {
    const signature = alice.sign(DOCUMENT);
    expect(judge(signature.slice(0, -20))).toEqual(refused(/block 1 is cut off/));
    expect(judge(signature.slice(0, 100))).toEqual(refused(/block 1 is cut off/));
    expect(judge(signature.replace(/\n(.{12})/, '\n'))).toEqual(
      refused(/does not begin with SSHSIG/),
    );
    expect(judge(`${signature}x`)).toEqual(refused(/something follows/));
    expect(judge(`x${signature}`)).toEqual(refused(/does not begin with/));
    expect(judge(`${signature}-----END SSH SIGNATURE-----`)).toEqual(refused(/something follows/));
    expect(judge(signature.replace(/\n(.)/, '\n!$1'))).toEqual(refused(/base64 does not decode/));
    expect(judge('')).toEqual(refused(/there is no signature in it/));
    expect(judge(signature.repeat(MAX_SIGNATURES + 1))).toEqual(refused(/more than 32/));
    expect(judge(signature.replaceAll('\n', '\r\n'))).toMatchObject({ ok: true });
  });

  test('that are revoked are listed one key a line, and nothing else is a list', () => {
    expect(() => readRevokedKeys('SSHKRL\n\0')).toThrow(/binary KRL/);
    expect(() => readRevokedKeys(`${alice.publicKey}\nnobody`)).toThrow(/^line 2: /);
  });
});
