import { imageName } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { imageVersion, isImageVersion, parseImageVersion, versionParts } from './image-version.ts';

test('a version is a name and a number, and can be taken apart again', () => {
  const ref = imageVersion(imageName('debian-13.1'), 12);
  expect(ref).toBe('debian-13.1@12');
  expect(versionParts(ref)).toEqual({ name: 'debian-13.1', number: 12 });
  expect(parseImageVersion('default@1')).toBe('default@1');
});

test.each([
  'default',
  'default@',
  'default@0',
  'default@01',
  'default@-1',
  'default@1.5',
  'default@1@2',
  'default@9999999999',
  'default@1\n',
  '../x@1',
  'a/b@1',
  '.import-x@1',
  '@1',
  '',
])('%j is no version: the error shows it, and what one looks like', (text) => {
  expect(isImageVersion(text)).toBe(false);
  expect(() => parseImageVersion(text)).toThrow(
    /^bad image version ".*": NAME@N, with NAME of a-z/s,
  );
});
