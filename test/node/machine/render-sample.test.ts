import { readFileSync } from 'node:fs';
import { parseSlicesXml } from '@nodemgr/slices-xml';
import { expect, test } from 'vitest';
import { NODE_ID } from '../../support/slices-document.ts';
import { withPerson } from './render-sample.ts';

const KEY = `ssh-ed25519 ${Buffer.from(`\0\0\0\x0bssh-ed25519\0\0\0 ${'k'.repeat(32)}`).toString('base64')} you`;

test('the person’s key is one of every slice of the sample, and nothing else is changed', () => {
  const sample = readFileSync('apps/demo-plc/sample/slices.xml', 'utf8');
  const read = (text: string) => parseSlicesXml(Buffer.from(text), NODE_ID);
  const [before, after] = [read(sample), read(withPerson(sample, `${KEY}\n`))];
  if (!before.ok || !after.ok) throw new Error('the sample cannot be read');
  expect(after.remarks).toEqual([]);
  expect(after.slices.every(({ ssh_keys }) => ssh_keys.split('\n').includes(KEY))).toBe(true);
  const others = ({ ssh_keys, ...rest }: (typeof before.slices)[number]) => rest;
  expect(after.slices.map(others)).toEqual(before.slices.map(others));
});
