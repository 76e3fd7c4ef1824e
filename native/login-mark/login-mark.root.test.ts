// login-mark as pam_exec(8) runs it: by the process that holds the connection, as root.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { needs } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BASE = 524_288;
/** sshd in miniature: it holds a connection, has the program run, and tells the marks of all its sockets. */
const HOLDER = `
import json, os, socket, subprocess, sys
family = socket.AF_INET6 if sys.argv[2] == '6' else socket.AF_INET
listener = socket.socket(family)
listener.bind(('::1' if family == socket.AF_INET6 else '127.0.0.1', 0))
listener.listen()
client = socket.create_connection(listener.getsockname()[:2])
accepted, _ = listener.accept()
client_fd = os.dup(client.fileno())
client.close()
os.close(client_fd)
pair = socket.socketpair()
mark = lambda each: each.getsockopt(socket.SOL_SOCKET, socket.SO_MARK)
ran = subprocess.run([sys.argv[1]], env=json.loads(sys.argv[3]), capture_output=True, text=True)
print(json.dumps({'status': ran.returncode, 'said': ran.stdout + ran.stderr,
  'connection': mark(accepted), 'listener': mark(listener), 'pair': mark(pair[0])}))
`;

const { missing, note } = needs('root', 'python3');

describe.skipIf(missing)(`login-mark${note}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'login-mark-'));
    mkdirSync(join(folder, 'etc'));
    writeFileSync(
      join(folder, 'etc/subuid'),
      `princeton_sirius:${BASE}:65536\nprinceton_half:1:2\nsomebody:100000:65536\n`,
    );
    const places = [`OUT=${folder}`, `ETC_DIR=${join(folder, 'etc')}`];
    const make = ['-s', '-C', resolve(__dirname, '..'), ...places, join(folder, 'login-mark')];
    expect(spawnSync('make', make, { encoding: 'utf8' })).toMatchObject({ status: 0 });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function marksAfter(environment: Readonly<Record<string, string>>, family = '4') {
    const program = join(folder, 'login-mark');
    const values = ['-c', HOLDER, program, family, JSON.stringify(environment)];
    const { stdout, stderr } = spawnSync('python3', values, { encoding: 'utf8' });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }

  it.each(['4', '6'])(
    'marks the connection of a sliver’s login, and nothing else, over IPv%s',
    (family) => {
      expect(marksAfter({ PAM_USER: 'princeton_sirius' }, family)).toEqual({
        status: 0,
        said: '',
        connection: BASE,
        listener: 0,
        pair: 0,
      });
    },
  );

  it.each([
    ['an account without a range of its own', { PAM_USER: 'princeton_other' }],
    ['a range that is no sliver’s', { PAM_USER: 'princeton_half' }],
    ['a name that is no sliver’s', { PAM_USER: 'somebody' }],
    ['nobody', {}],
  ])('leaves the connection of %s alone', (_whose, environment) => {
    expect(marksAfter(environment)).toMatchObject({ status: 0, said: '', connection: 0 });
  });
});
