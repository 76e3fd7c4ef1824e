import {
  type ImageVersion,
  parseImageVersion,
  type StoredImage,
  versionParts,
} from '@nodemgr/images';
import { epochSeconds, kib } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { textOf } from '../render/render-line.ts';
import { aPage, NOW } from '../test-support/builders.ts';
import {
  renderImages,
  renderImported,
  renderNoImages,
  renderProgress,
  renderRemoved,
} from './render-images.ts';

function anImage(text: string, changes: Partial<StoredImage> = {}): StoredImage {
  const ref = parseImageVersion(text);
  const importedAt = epochSeconds(NOW / 1000 - 120);
  return { ...versionParts(ref), ref, importedAt, source: 'x.tar', size: kib(190_416), ...changes };
}
const users = (of: Readonly<Record<string, readonly string[]>> = {}) => ({
  of: new Map(Object.entries(of).map(([ref, names]) => [parseImageVersion(ref), names])),
});
const text = (lines: Parameters<typeof textOf>[0]) => textOf(lines, { colours: false });
const refs = (...texts: readonly string[]): readonly ImageVersion[] => texts.map(parseImageVersion);

test('each version has a line: size, who stands on it, when and what it came from', () => {
  const images = [anImage('a@1'), anImage('default@12', { source: '/tmp/b\u001b[2J.tar' })];
  const shown = text(renderImages(images, users({ 'default@12': ['a_b', 'c_d'] }), aPage()));
  expect(shown).toBe(
    [
      'IMAGE             SIZE  SLIVERS  IMPORTED                          FROM',
      'a@1         185.95 MiB        0  2023-11-14 22:11:20Z (2 min ago)  x.tar',
      'default@12  185.95 MiB        2  2023-11-14 22:11:20Z (2 min ago)  /tmp/b\\x1b[2J.tar',
      '',
    ].join('\n'),
  );
});

test('a store without images says how to get one', () => {
  expect(text(renderNoImages())).toMatch(/^no images; nmctl image import --help/);
});

test('an import tells what it made, and what went with it', () => {
  const [ref] = refs('default@3');
  if (ref === undefined) throw new Error('no version');
  expect(text(renderImported(ref, { size: kib(2048) }, []))).toBe('imported default@3, 2 MiB\n');
  expect(text(renderImported(ref, undefined, refs('default@1')))).toBe(
    'imported default@3\nremoved 1 version: default@1\n',
  );
});

test('a removal tells which versions went', () => {
  expect(text(renderRemoved(refs('a@1', 'a@2')))).toBe('removed 2 versions: a@1, a@2\n');
});

test('progress is told every 256 MiB, and at each step', () => {
  const render = renderProgress();
  const unpacked = (mib: number) => render({ step: 'unpack', unpacked: kib(mib * 1024) });
  expect([10, 255, 256, 300, 800, 1024].map(unpacked)).toEqual([
    undefined,
    undefined,
    'unpacked 256 MiB',
    undefined,
    'unpacked 768 MiB',
    'unpacked 1 GiB',
  ]);
  expect(render({ step: 'check' })).toBe('checking it');
  expect(render({ step: 'sync' })).toBe('writing it to the disk');
});
