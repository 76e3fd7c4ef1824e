/** What fails for long, with its next attempt far away, is taken up at once when its cause is mended. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DaemonName,
  type Failure,
  fetcherOperatorContract,
  supervisorOperatorContract,
} from '@nodemgr/contracts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { DemoNode } from './support/demo-node.ts';
import { aDocument } from './support/slices-document.ts';

const TAKEN = 'princeton_sirius';
const FREE = 'mit_dht';
/** No attempt of its own comes sooner than that. */
const FAR_MS = 6_000;
/** Two seconds to notice, and what a busy machine adds. */
const SOON_MS = 5_000;

const folder = mkdtempSync(join(tmpdir(), 'node-'));
const state = join(folder, 'state');
const passwd = join(state, 'machine/etc/passwd');
const accounts = join(state, 'machine/accounts');
const kept = join(state, 'plc');
const mounted: string[] = [];
let node: DemoNode;

/** Mounts a file system of `kib` KiB at `path`; reports whether that can be done here. */
function mountSmall(path: string, kib: number): boolean {
  mkdirSync(path, { recursive: true });
  const args = ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', path];
  if (spawnSync('mount', args, { stdio: 'ignore' }).status !== 0) return false;
  mounted.push(path);
  return true;
}

/**
 * So much more than freed room must grow by to be noticed (libs/daemon, waits.ts) that an account which
 * takes some of it before the next look hides nothing from the others.
 */
const BALLAST_KIB = 512;
const canMount =
  process.getuid?.() === 0 && mountSmall(accounts, BALLAST_KIB) && mountSmall(kept, 64);
const needsMount = canMount ? '' : ' (skipped: needs root and mount(8))';

beforeAll(async () => {
  mkdirSync(join(state, 'machine/etc'), { recursive: true });
  writeFileSync(passwd, `${TAKEN}:x:1000:1000::/home/somebody:/bin/sh\n`);
  if (canMount) writeFileSync(join(accounts, 'ballast'), Buffer.alloc(BALLAST_KIB << 10));
  // More than there is room for.
  const padding = `<!-- ${'x'.repeat(100_000)} -->`;
  node = await DemoNode.start({
    folder,
    slices: aDocument({ name: TAKEN }, { name: FREE }).replace('<slice ', `${padding}<slice `),
  });
});

afterAll(async () => {
  await node.end();
  for (const path of mounted) spawnSync('umount', ['--lazy', path]);
  rmSync(folder, { recursive: true, force: true });
});

const CONTRACTS = {
  'plc-fetcher': fetcherOperatorContract,
  'account-supervisor': supervisorOperatorContract,
} as const satisfies Partial<Record<DaemonName, unknown>>;

async function failureOf(
  daemon: keyof typeof CONTRACTS,
  subject: string,
): Promise<Failure | undefined> {
  const { failures } = await node.ask(daemon, CONTRACTS[daemon], 'status');
  return failures.find((failure) => failure.subject === subject);
}

/** Waits until a sliver has failed so often that its next attempt is far away. */
function hasFailedForLong(subject: string): Promise<void> {
  return node.eventually(async () => {
    const failure = await failureOf('account-supervisor', subject);
    expect((failure?.retry_at ?? 0) - Date.now()).toBeGreaterThan(FAR_MS);
  });
}

const soon = (assertion: () => Promise<void>) =>
  vi.waitFor(assertion, { timeout: SOON_MS, interval: 50 });

test('a retry that an operator asks for says how what was tried stands', async () => {
  await node.eventually(async () =>
    expect(await failureOf('account-supervisor', TAKEN)).toMatchObject({ action: 'create' }),
  );
  const { code, stdout } = await node.nmctl('retry', TAKEN);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    new RegExp(`^${TAKEN} +fails +account-supervisor +create: a user of`, 'm'),
  );
  expect(await node.nmctl('retry', 'no_such')).toMatchObject({ code: 1 });
});

test.skipIf(!canMount)(
  `accounts that a full disk held up come up within seconds of its being freed${needsMount}`,
  async () => {
    await hasFailedForLong(FREE);
    expect(await failureOf('account-supervisor', FREE)).toMatchObject({
      reason: expect.stringMatching(/ENOSPC/),
    });
    rmSync(join(accounts, 'ballast'));
    await soon(async () => expect(await failureOf('account-supervisor', FREE)).toBeUndefined());
    await soon(async () => expect(readdirSync(accounts)).toContain(`${FREE}.json`));
  },
);

test('a user name that somebody else had is taken within seconds of its release', async () => {
  await hasFailedForLong(TAKEN);
  writeFileSync(passwd, '');
  await soon(async () => expect(await failureOf('account-supervisor', TAKEN)).toBeUndefined());
});

test.skipIf(!canMount)(
  `PLC’s document is kept as soon as there is room, though it does not change${needsMount}`,
  async () => {
    await node.eventually(async () =>
      expect(await failureOf('plc-fetcher', 'last good document')).toMatchObject({
        reason: expect.stringMatching(/ENOSPC/),
      }),
    );
    spawnSync('mount', ['-o', 'remount,size=1m', kept]);
    await soon(async () =>
      expect(await failureOf('plc-fetcher', 'last good document')).toBeUndefined(),
    );
    expect(readdirSync(kept)).toContain('last-good.json');
  },
);

test('when all is mended nothing fails, and there is nothing to be tried', async () => {
  await node.eventually(async () =>
    expect(await node.nmctl('retry')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/nothing fails/),
    }),
  );
});
