/** The list of trusted keys as a real file, in every state that an operator may leave it in. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FailureBoard } from '@nodemgr/daemon';
import { needs } from '@nodemgr/testkit';
import { beforeEach, expect, test } from 'vitest';
import { SILENT, temporaryFolder } from '../test-support/builders.test-support.ts';
import { TrustedKeysFile } from './trusted-keys-file.ts';

const root = needs('root');
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString();

let path: string;
let failures: FailureBoard;
let file: TrustedKeysFile;

beforeEach(() => {
  path = join(temporaryFolder(), 'keys.pem');
  failures = new FailureBoard();
  file = new TrustedKeysFile({ path, failures, log: SILENT });
});

/** What the operator is shown. */
const shown = () => failures.list().map(({ reason }) => reason);

test('is read anew each time, so that keys are changed without a restart', () => {
  writeFileSync(path, '', { mode: 0o644 });
  expect(() => file.read()).toThrow();
  writeFileSync(path, PEM);
  expect(file.read()).toHaveLength(1);
  expect(shown()).toEqual([]);
});

test('that is missing means that no tickets are accepted, which is no failure', () => {
  expect(() => file.read()).toThrow(
    'this node accepts no tickets now: it has no list of trusted keys',
  );
  expect(shown()).toEqual([]);
});

test.each([
  ['that its group may write', () => chmodSync(path, 0o664), /its mode is 0664.*chmod go-w/],
  ['that everyone may write', () => chmodSync(path, 0o646), /its mode is 0646/],
  ['that is a folder', () => [rmSync(path), mkdirSync(path)], /it is not a regular file/],
  [
    'that is a pipe',
    () => [rmSync(path), execFileSync('mkfifo', [path])],
    /it is not a regular file/,
  ],
  ['that is too big', () => writeFileSync(path, PEM + ' '.repeat(1 << 20)), /more than 524288/],
  ['without a key', () => writeFileSync(path, 'hello'), /there is no PEM block/],
  [
    'with a private key',
    () => writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' })),
    /this is a private key/,
  ],
])('%s is not used: the caller is told that, and the operator why', (_what, spoil, why) => {
  writeFileSync(path, PEM, { mode: 0o644 });
  spoil();
  expect(() => file.read()).toThrow(/its list of trusted keys cannot be used/);
  expect(shown()).toEqual([expect.stringMatching(why)]);
  expect(shown()[0]).toContain(path);
  rmSync(path, { recursive: true });
  writeFileSync(path, PEM, { mode: 0o644 });
  expect(file.read()).toHaveLength(1);
  expect(shown()).toEqual([]);
});

test('that was spoilt and is put right is noticed before anybody hands in a ticket', () => {
  writeFileSync(path, 'hello', { mode: 0o644 });
  file.lookAgain();
  expect(shown()).toEqual([]);
  expect(() => file.read()).toThrow();
  file.lookAgain();
  expect(shown()).toHaveLength(1);
  writeFileSync(path, PEM);
  file.lookAgain();
  expect(shown()).toEqual([]);
});

test.skipIf(root.missing)(`of another user is not used${root.note}`, () => {
  writeFileSync(path, PEM, { mode: 0o644 });
  chownSync(path, 54_321, 54_321);
  expect(() => file.read()).toThrow(/cannot be used/);
  expect(shown()).toEqual([expect.stringMatching(/belongs to user id 54321; wanted is root/)]);
});
