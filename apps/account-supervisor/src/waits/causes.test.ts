import { expect, test } from 'vitest';
import { CAUSES, causeOf, SIGNS } from './causes.ts';

const coded = (code: string, message: string) => Object.assign(new Error(message), { code });

test.each([
  ['disk-full', coded('ENOSPC', 'ENOSPC: no space left on device, write')],
  [
    'disk-full',
    new Error('install: exit status 1: cannot create directory: No space left on device'),
  ],
  ['disk-full', coded('EDQUOT', 'EDQUOT: disk quota exceeded, open')],
  ['disk-full', new Error('useradd: exit status 1: failure while writing changes to /etc/passwd')],
  ['read-only', coded('EROFS', 'EROFS: read-only file system, open')],
  ['read-only', new Error('mv: exit status 1: cannot move: Read-only file system')],
  [
    'quota-off',
    coded(
      'ESRCH',
      'set the quota of project 1 in /var/lib/nodemgr (its file system keeps no project quotas: mount option prjquota): No such process',
    ),
  ],
  [
    'quota-off',
    coded(
      'EOPNOTSUPP',
      'set the project of /var/lib/nodemgr/slivers/a/work: Operation not supported',
    ),
  ],
  [
    'no-id-range',
    new Error("useradd: exit status 1: useradd: Can't get unique subordinate UID range"),
  ],
  ['users-locked', new Error('useradd: exit status 1: cannot lock /etc/passwd; try again later.')],
  [
    'unit-masked',
    new Error(
      'systemctl: exit status 1: Failed to start: Unit nodemgr-sliver@a.service is masked.',
    ),
  ],
  ['program-missing', new Error('cannot run useradd: spawn useradd ENOENT')],
  [
    'image-missing',
    coded(
      'ENOENT',
      "ENOENT: no such file or directory, stat '/var/lib/nodemgr/images/default@1/root'",
    ),
  ],
  ['name-taken', new Error("useradd: exit status 9: useradd: user 'mit_dht' already exists")],
  ['id-taken', new Error('useradd: exit status 4: useradd: UID 30000 is not unique')],
  ['name-taken', new Error('a user of that name is not ours: mit_dht, with the id 4000, is known')],
  ['id-taken', new Error('user id 30000 belongs to carol (a name service)')],
  ['unknown', new Error('systemctl: exit status 1: Job failed')],
  ['unknown', 'a text'],
] as const)('%s is told from what the machine says', (cause, error) => {
  expect(causeOf(error)).toBe(cause);
});

test('every sign ends the wait of some cause', () => {
  const used = new Set<string>(Object.values(CAUSES).flat());
  expect(SIGNS.filter((sign) => !used.has(sign))).toEqual([]);
});
