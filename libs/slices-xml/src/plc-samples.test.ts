/** What a real PLC's data makes of this node: the documents of plc-samples/, made by running one. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type AcceptedDocument, parseSlicesXml, parseTicketXml, type Slice } from './index.ts';

const NODE = 17;
const bytesOf = (name: string) => readFileSync(new URL(`./plc-samples/${name}`, import.meta.url));

function accepted(name: string): AcceptedDocument {
  const document = parseSlicesXml(bytesOf(name), NODE);
  if (!document.ok) throw new Error(document.reason);
  return document;
}
const rspecsOf = ({ slices }: AcceptedDocument) =>
  Object.fromEntries(slices.map(({ name, rspec }) => [name, rspec]));
const keysOf = ({ ssh_keys }: Slice): readonly string[] => ssh_keys.split('\n');

test('a slice that is suspended, in whatever words, is not enabled', () => {
  const document = accepted('01-suspended.xml');
  const off = { nm_enabled: 0 };
  expect(rspecsOf(document)).toEqual({ uni_a: off, uni_b: off, uni_c: off });
  expect(document.remarks).toEqual([]);
});

test('an amount counts though its type is `string`', () => {
  const document = accepted('03-type-string-int.xml');
  expect(rspecsOf(document)).toEqual({ uni_a: { nm_cpu_share: 64 } });
  expect(document.remarks).toEqual([]);
});

test('amounts that are no integers are told and left out, -1 is no limit, `int` is as good as `integer`', () => {
  const document = accepted('05-bad-ints.xml');
  expect(rspecsOf(document)).toEqual({
    uni_a: { nm_disk_quota: Number.MAX_SAFE_INTEGER, nm_net_share: 3 },
  });
  expect(document.remarks).toEqual(
    [
      ['11', 'nm_cpu_share', 'unlimited'],
      ['17', 'nm_net_max_rate', '1e6'],
      ['20', 'nm_net_min_rate', '1000.0'],
      ['23', 'nm_cpu_guaranteed_share', ''],
    ].map(([line, name, text]) => ({
      slice: 'uni_a',
      severity: 'trouble',
      text: `line ${line}: resource "${name}" cannot be used: "${text}" is no integer`,
    })),
  );
});

test('names are those of PLC, at most 32 characters; the others are told', () => {
  const { slices, remarks } = accepted('06-names.xml');
  expect(slices.map(({ name }) => name)).toEqual([
    'princeton_CoMon',
    'inria_r2lab.nightly',
    'upmc.lip6_x',
    'princeton_xxxxxxxxxxxxxxxxxxxxxx',
    'site1_a',
    '1site_a',
    'princeton__x',
    'diku_IN5570',
  ]);
  expect(remarks).toEqual([
    {
      severity: 'trouble',
      text: expect.stringMatching(/^line 33: slice "princeton_x{23}" cannot be used: .*at most 32/),
    },
    {
      severity: 'trouble',
      text: expect.stringMatching(/^line 83: slice "a_b-c" cannot be used: /),
    },
  ]);
});

test('a document type is refused, with its line', () => {
  expect(parseSlicesXml(bytesOf('08-doctype.xml'), NODE)).toEqual({
    ok: false,
    reason: expect.stringMatching(/^line 2: a declaration \(<!DOCTYPE/),
  });
});

test('a key without a type is one for ssh', () => {
  const { slices, remarks } = accepted('15-key-no-type.xml');
  expect(slices[0]?.ssh_keys).toMatch(/^ssh-rsa AAAA/);
  expect(remarks).toEqual([]);
});

test('attributes that mean nothing here are noted, an image that is none is trouble', () => {
  const { slices, remarks } = accepted('18-vref.xml');
  expect(slices).toMatchObject([{ name: 'uni_a', image: 'default', rspec: {} }]);
  expect(remarks.map(({ severity, text }) => [severity, text])).toEqual([
    ['note', 'line 11: resource "vref": "lxc-f27-x86_64" means nothing here'],
    ['trouble', expect.stringMatching(/^line 14: image "Debian_12" cannot be used: /)],
    ['note', 'line 17: resource "capabilities": "CAP_NET_RAW" means nothing here'],
    ['note', 'line 20: resource "vsys": "setup-link" means nothing here'],
    ['note', 'line 23: resource "vsys": "vif_up" means nothing here'],
  ]);
});

test('a start script with line ends of Windows can run', () => {
  const { slices, remarks } = accepted('20-script-crlf.xml');
  expect(slices[0]?.initscript).toBe('#!/bin/sh\n\necho hi\n');
  expect(remarks).toEqual([]);
});

test('keys that end in a line end are keys', () => {
  const { slices, remarks } = accepted('keys-end-in-newline.xml');
  expect(slices.map((slice) => keysOf(slice).length)).toEqual([2, 2, 1, 1, 1, 1]);
  expect(remarks).toEqual([]);
});

test('a broken key that a member adds changes no slice, and is told with each of his', () => {
  const [before, after] = [accepted('member-key-before.xml'), accepted('member-key-after.xml')];
  expect(after.slices).toEqual(before.slices);
  expect(before.remarks).toEqual([]);
  expect(after.remarks).toEqual(
    ['uni_s0', 'uni_s1'].map((slice) => ({
      slice,
      severity: 'trouble',
      text: 'line 67: a key of person "2" cannot be used: its base64 does not decode',
    })),
  );
});

test('what is no slices.xml, and no ticket of ours, is refused for what it is', () => {
  expect(parseSlicesXml(bytesOf('getslivers.xml'), NODE)).toEqual({
    ok: false,
    reason: 'line 2: the root is <methodResponse>, not <planetlab_slices>',
  });
  expect(parseTicketXml(bytesOf('plc3-ticket.xml'))).toMatchObject({ ok: false });
});
