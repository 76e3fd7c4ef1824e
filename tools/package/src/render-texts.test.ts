import { describe, expect, test } from 'vitest';
import { parseSubstvars } from './library-dependencies.ts';
import { choosePrebuilt } from './node-modules.ts';
import { renderControl, renderTriggers } from './render-control.ts';
import { renderCopyright } from './render-copyright.ts';
import { escapeText } from './roff.ts';

const FACTS = {
  version: '0.1.0',
  architecture: 'amd64',
  triplet: 'x86_64-linux-gnu',
  date: 1_700_000_000,
  build: { version: '0.1.0', node_abi: '115', arch: 'x64' },
  nodeMajor: 20,
  libraries: ['libc6 (>= 2.36)'],
  installedSize: 9000,
};

test('roff takes no character of a text for a request', () => {
  expect(escapeText(".TH\n'x\na \\ -b")).toBe("\\&.TH\n\\&'x\na \\e \\-b");
});

test('the package depends on the Node.js ABI that its addons were built for', () => {
  const [, depends = ''] = /^Depends: (.*)$/m.exec(renderControl(FACTS)) ?? [];
  expect(depends.split(', ')).toEqual(
    expect.arrayContaining([
      'libc6 (>= 2.36)',
      'nodejs (>= 20.19)',
      'nodejs (<< 21~)',
      'libnode115',
      'systemd (>= 257~)',
    ]),
  );
});

test('the package is called when the program or the library of Node.js is replaced', () => {
  expect(renderTriggers(FACTS)).toBe(
    'interest-noawait /usr/bin/node\ninterest-noawait /usr/lib/x86_64-linux-gnu/libnode.so.115\n',
  );
});

test('what dpkg-shlibdeps finds is taken as it is', () => {
  const said = 'other:Depends=x\nshlibs:Depends=libc6 (>= 2.36), libstdc++6 (>= 11)\n';
  expect(parseSubstvars(said)).toEqual(['libc6 (>= 2.36)', 'libstdc++6 (>= 11)']);
  expect(parseSubstvars('')).toEqual([]);
});

describe('of the builds of zeromq', () => {
  const key = (arch: string, abi: number, libc = 'glibc') =>
    JSON.stringify({ os: 'linux', arch, abi, libc });
  const manifest = JSON.stringify({
    [key('x64', 115)]: 'old',
    [key('x64', 127)]: 'new',
    [key('x64', 147, 'musl')]: 'musl',
    [key('arm64', 127)]: 'arm',
  });

  test('the one that its loader would try first is taken, and no other', () => {
    const { addon, manifest: kept } = choosePrebuilt(manifest, 'x64');
    expect(addon).toBe('new');
    expect(JSON.parse(kept)).toEqual({ [key('x64', 127)]: 'new' });
  });

  test('a machine for which there is none is named', () => {
    expect(() => choosePrebuilt(manifest, 'riscv64')).toThrow('riscv64');
  });
});

test('the copyright file has our licence and that of every npm package', () => {
  const used = [
    { name: 'a', version: '1', licence: 'MIT', text: 'Copyright A' },
    { name: 'b', version: '2', licence: 'ISC', text: '' },
  ];
  const text = renderCopyright(used, 'Ours.');
  expect(text).toContain('Ours.');
  expect(text).toContain('a 1 (MIT)\n\nCopyright A');
  expect(text).toContain('b 2 (ISC)\n\nLicence: ISC');
});
