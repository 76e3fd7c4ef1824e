// As a login shell the program takes nothing from its caller but standard input. Its compiled-in
// socket is another one here, so that there is somebody to answer at it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpApi, rawApi, socketPath } from './api-servers.ts';
import { call, faultOf } from './delegate-shell.ts';

const REQUEST = '<methodCall/>';
const folder = mkdtempSync(join(tmpdir(), 'nodemgr-login-'));
const shell = join(folder, 'forward_api_calls');
const compiledIn = join(folder, 'api.sock');

beforeAll(() => {
  const built = spawnSync(
    'make',
    ['-C', resolve(__dirname, '..'), `OUT=${folder}`, `API_SOCKET=${compiledIn}`, shell],
    { encoding: 'utf8' },
  );
  expect(built.stderr).toBe('');
  expect(built.status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const startCompiledIn = () =>
  httpApi((_request, response) => void response.end('<compiled-in/>'), compiledIn);

describe('as a login shell', () => {
  it.each([
    ['with a command', 'forward_api_calls', ['-c', 'scp -t /']],
    ['with a command that looks like options', 'forward_api_calls', ['-c', '--socket']],
    ['with options behind the command', 'forward_api_calls', ['-c', 'x', '--socket', 'ELSEWHERE']],
    ['with -c and no command', 'forward_api_calls', ['-c']],
    ['by a name that begins with -', '-forward_api_calls', []],
    ['by that name with options', '-forward_api_calls', ['--socket', 'ELSEWHERE']],
    ['by that name with a broken time-out', '-su', ['--timeout', 'never']],
  ])(
    'it asks the compiled-in socket, whatever its arguments are: %s',
    async (_how, argv0, values) => {
      let elsewhere = 0;
      const other = await rawApi(() => void elsewhere++);
      await startCompiledIn();
      const given = values.map((value) => (value === 'ELSEWHERE' ? other : value));
      const { status, stdout } = await call(REQUEST, given, { argv0 }, shell);
      expect([status, stdout.toString()]).toEqual([0, '<compiled-in/>']);
      expect(elsewhere).toBe(0);
    },
  );

  it('it looks at no environment', async () => {
    await startCompiledIn();
    const env = { LC_ALL: 'de_DE.UTF-8', API_SOCKET: socketPath(), TMPDIR: '/none' };
    const { status } = await call(REQUEST, ['-c', 'x'], { env }, shell);
    expect(status).toBe(0);
  });

  it('it reports an API that is down as a fault, too', async () => {
    expect(faultOf(await call(REQUEST, ['-c', 'x'], {}, shell))).toBe(
      `cannot connect to the API at ${compiledIn}: No such file or directory`,
    );
  });
});

describe('otherwise', () => {
  it('it asks the compiled-in socket when no other is named', async () => {
    await startCompiledIn();
    expect((await call(REQUEST, [], {}, shell)).stdout.toString()).toBe('<compiled-in/>');
  });

  it.each([
    ['an unknown option', ['--verbose', '1']],
    ['a word', ['x']],
    ['an option without its value', ['--socket']],
    ['a time-out that is no number', ['--timeout', '1s']],
    ['a time-out of zero', ['--timeout', '0']],
    ['an empty time-out', ['--timeout', '']],
    ['a negative time-out', ['--timeout', '-1']],
    ['a time-out beyond all bounds', ['--timeout', '99999999999']],
  ])('%s is a fault that says how it is used', async (_what, values) => {
    expect(faultOf(await call(REQUEST, values, {}, shell))).toBe(
      'usage: forward_api_calls [--socket PATH] [--timeout SECONDS]',
    );
  });
});
