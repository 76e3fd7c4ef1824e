import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochSeconds } from '@nodemgr/records';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type MachineLayout, pathsOf } from '../../execute/layout.ts';
import { renderStep } from '../../execute/render-step.ts';
import { noteOn } from '../../plan/plan-login-note.ts';
import { IMAGE, NODE, POLICY, SIRIUS } from '../../test-support/builders.test-support.ts';
import { carryOut } from './carry-out.ts';
import { keptFolders, readKept, readNote } from './read-account-facts.ts';
import { SystemdManager } from './system-bus/systemd-manager.ts';

const SINCE = 1_700_000_000;
/** Whoever runs the tests owns the files: the first slot's ids begin with that one. */
const policy = { ...POLICY, first_range_id: process.getuid?.() ?? 0 };
/** A socket where nobody is: nothing here is asked of systemd. */
const systemd = new SystemdManager('/nowhere/system_bus_socket');
let layout: MachineLayout;

beforeEach(async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'nodemgr-facts-'));
  layout = { ...NODE, stateDir, sliverShell: '/sliver-shell', delegateShell: '/delegate-shell' };
  const folder = join(stateDir, `kept/${SIRIUS}@${SINCE}`);
  for (const part of ['upper/home', 'work', 'boot']) {
    await mkdir(join(folder, part), { recursive: true });
  }
  await writeFile(join(folder, 'image'), `${IMAGE}\n`);
  await writeFile(join(folder, 'unit.env'), '');
});
afterEach(() => rm(layout.stateDir, { recursive: true }));

const read = (from = policy) => readKept(SIRIUS, SINCE, layout, from);

test('whole kept files tell their slot and their image', async () => {
  expect(await read()).toEqual({ slot: 0, since: SINCE, image: IMAGE });
});

test('wherever a purge is cut short, what is left is known to be no longer whole, with its slot', async () => {
  const step = { step: 'purge-files', since: epochSeconds(SINCE) } as const;
  const commands = [...renderStep(step, SIRIUS, layout)];
  const last = commands.pop();
  for (const command of commands) {
    await carryOut(command, systemd);
    expect(await read()).toEqual({ slot: 0, since: SINCE, image: undefined });
  }
  if (last !== undefined) await carryOut(last, systemd);
  expect(await keptFolders(layout)).toEqual(new Map());
});

test('a folder in which nothing carries ids any more is still to be purged', async () => {
  await rm(join(layout.stateDir, `kept/${SIRIUS}@${SINCE}/upper`), { recursive: true });
  expect(await read()).toEqual({ slot: undefined, since: SINCE, image: undefined });
});

test('a note for logins is read as it was written, for the account to read too, until it is taken back', async () => {
  const carry = async (step: Parameters<typeof renderStep>[0]) => {
    for (const command of renderStep(step, SIRIUS, layout)) await carryOut(command, systemd);
  };
  expect(await readNote(SIRIUS, layout)).toBeUndefined();
  const at = epochSeconds(SINCE);
  const note = noteOn(SIRIUS, { cause: 'stopped', caller: 'root', at }, at);
  await carry({ step: 'tell-logins', note });
  expect(await readNote(SIRIUS, layout)).toEqual(note);
  expect((await stat(pathsOf(SIRIUS, layout).loginNote)).mode & 0o777).toBe(0o644);
  await carry({ step: 'untell-logins' });
  expect(await readNote(SIRIUS, layout)).toBeUndefined();
});

test('files whose ids belong to no slot are left alone', async () => {
  expect(await read({ ...policy, first_range_id: policy.first_range_id + 1 })).toBeUndefined();
});
