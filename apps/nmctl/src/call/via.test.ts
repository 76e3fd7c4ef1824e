/** `nmctl --via` as it is typed: what is refused, and what is said when there is no ssh. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runNmctl } from '../run-nmctl.ts';
import { makeTerminal } from '../terminal.ts';
import { aPage } from '../test-support/builders.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nmctl-via-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** run runs nmctl in an empty folder, with nothing in PATH. */
async function run(...args: readonly string[]) {
  const said = { out: '', err: '' };
  const streams = {
    out: (text: string) => {
      said.out += text;
    },
    err: (text: string) => {
      said.err += text;
    },
  };
  const terminal = makeTerminal(streams, aPage());
  return { code: await runNmctl(args, terminal, { PATH: folder }, folder), ...said };
}

const VIA = ['--via', 'ssh://del_snoop@node'] as const;

describe('what is refused as usage, before anything is done', () => {
  test.each([
    [[...VIA, 'status'], '--via is for call and ticket deliver; status is about this machine'],
    [['status', ...VIA], '--via is for call and ticket deliver; status is about this machine'],
    [[...VIA, 'ticket', 'show', 'x'], 'ticket show is about this machine'],
    [[...VIA, 'guard', 'allow'], '--via is for call and ticket deliver; guard allow is'],
    [[...VIA, '--state', '.', 'call', 'Help'], '--via calls another node; --config and --state'],
    [[...VIA, '--config', 'x', 'call', 'Help'], '--via calls another node; --config and --state'],
    [['--via', 'ssh://-x@node', 'call', 'Help'], "'-x' is no user name"],
    [['--via', 'node', 'call', 'Help'], 'wants ssh://USER@HOST or ssh://USER@HOST:PORT'],
    [[...VIA, 'call', 'SetLoans', 'a', '[['], '[[: '],
  ])('%j', async (args, text) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`nmctl: `);
    expect(err).toContain(text);
  });

  test('with --json it is JSON too', async () => {
    const { out } = await run('--json', ...VIA, 'status');
    expect(JSON.parse(out)).toEqual({ error: expect.stringContaining('--via is for call') });
  });
});

test('a machine without ssh exits 3 and says so', async () => {
  expect(await run(...VIA, 'call', 'Help')).toEqual({
    code: 3,
    out: '',
    err: 'nmctl: del_snoop@node: ssh cannot be run: there is no ssh in PATH\n',
  });
});
