/** The rules on what may be imported, on plain values. */
import { kib } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { judgeRoom } from './check-room.ts';
import { decompressorOf } from './compression.ts';
import { aProgram } from './images.test-support.ts';
import { judgeEntry, parseEntry } from './judge-entry.ts';
import { judgeShell } from './judge-shell.ts';

describe('a file of a tree', () => {
  const entry = (text: string) => judgeEntry(parseEntry(text));

  test.each(['f 0 0', 'd 65535 65535', 'l 1000 0', 'p 0 0', 's 0 65534'])(
    '"%s" may be in an image',
    (what) => expect(entry(`${what} 8 4711 1 a b`)).toBeUndefined(),
  );

  test.each([
    ['f 65536 0 8 4711 1 home/a b', '/home/a b belongs to user 65536; a sliver has only'],
    ['d 0 100000 8 4711 2 x', '/x belongs to group 100000; a sliver has only the ids up to 65535'],
    ['b 0 0 0 4711 1 x', '/x is a block device; an image has none outside /dev'],
    ['c 0 0 0 4711 1 x', '/x is a character device'],
  ])('%j may not, and it is named', (text, why) => expect(entry(text)).toContain(why));

  test('is told from its fields whatever its name', () => {
    expect(parseEntry('f 1 2 16 4711 3 a  b \n')).toEqual({
      path: 'a  b \n',
      type: 'f',
      uid: 1,
      gid: 2,
      blocks: 16,
      inode: '4711',
      links: 3,
    });
  });
});

describe('a shell', () => {
  test.each([
    ['amd64', aProgram(62), 'x64'],
    ['i386 on amd64', aProgram(3), 'x64'],
    ['arm64', aProgram(183), 'arm64'],
    ['any, on a processor that is not known here', aProgram(1), 'riscv64'],
    ['a script', Buffer.from('#!/bin/busybox sh\n'), 'x64'],
  ])('for %s runs', (_what, header, arch) => expect(judgeShell(header, arch)).toBeUndefined());

  test.each([
    ['for another processor', aProgram(183), /arm64, this machine is x64/],
    ['for one without a name', aProgram(999), /processors of kind 999/],
    ['of nothing', Buffer.alloc(0), /no program/],
    ['of text', Buffer.from('echo hello, hello, hello'), /no program/],
  ])('%s does not', (_what, header, why) => expect(judgeShell(header, 'x64')).toMatch(why));
});

describe('a file system', () => {
  const room = { bsize: 4096, bavail: 2 ** 20, files: 1000, ffree: 900 };
  test.each([
    ['has room for files and bytes', room],
    ['does not count files', { ...room, files: 0, ffree: 0 }],
  ])('that %s takes more', (_what, given) => expect(judgeRoom(given, kib(1))).toBeUndefined());

  test.each([
    [
      'is nearly out of space',
      { ...room, bavail: 100 },
      /^the disk is full: 400 KiB is free, and 1 MiB/,
    ],
    ['is nearly out of files', { ...room, ffree: 19 }, /can take only 19 more files/],
  ])('that %s does not', (_what, given, why) => expect(judgeRoom(given, kib(1024))).toMatch(why));
});

test('an archive that begins like no compression is taken as it is', () => {
  expect(decompressorOf(Buffer.from('./\0\0\0\0'))).toBeUndefined();
  expect(decompressorOf(Buffer.from([0x1f]))).toBeUndefined();
  expect(decompressorOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]))?.[0]).toBe('zstd');
});
