import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  effectiveRspecs,
  MAX_INITSCRIPT_BYTES,
  RESOURCE_NAMES,
  withDefaults,
} from '@nodemgr/records';
import { parseSlicesXml, parseTicketXml, type Slice } from '@nodemgr/slices-xml';
import { expect, test } from 'vitest';
import { readDrafts } from './ticket-drafts.ts';

const sample = (name: string) => fileURLToPath(new URL(`../sample/${name}`, import.meta.url));
const bytes = readFileSync(sample('slices.xml'));

function slicesOn(nodeId: number): readonly Slice[] {
  const document = parseSlicesXml(bytes, nodeId);
  if (!document.ok) throw new Error(document.reason);
  expect(document.remarks).toEqual([]);
  expect(document.totals.slices).toBe(40);
  return document.slices;
}
const amount = ({ rspec }: Slice, name: string) => rspec[name] ?? 0;

test('the sample is what its generator writes', () => {
  const written = execFileSync(process.execPath, [sample('generate.mjs')], { maxBuffer: 1 << 24 });
  expect(written.equals(bytes)).toBe(true);
  expect(bytes.length).toBeLessThan(1_000_000);
});

test('the sample has no problem on any node, and most slices on node 17', () => {
  for (const id of [1, 42, 300]) expect(slicesOn(id).length).toBeGreaterThan(5);
  expect(slicesOn(17)).toHaveLength(24);
});

test('every resource occurs on node 17', () => {
  const given = new Set(slicesOn(17).flatMap(({ rspec }) => Object.keys(rspec)));
  expect(RESOURCE_NAMES.filter((name) => !given.has(name))).toEqual([]);
});

test('users have keys, some slices several; one slice has a start script, one is not enabled', () => {
  const slices = slicesOn(17);
  for (const { ssh_keys } of slices) expect(ssh_keys).toMatch(/^ssh-(rsa|ed25519) /m);
  const scripts = slices.map(({ initscript }) => initscript).filter((text) => text !== '');
  expect(scripts).toEqual([expect.stringMatching(/^#!\/bin\/sh\n/)]);
  expect(scripts[0]?.length).toBeLessThan(MAX_INITSCRIPT_BYTES);
  expect(slices.filter(({ rspec }) => rspec['nm_enabled'] === 0)).toHaveLength(1);
});

test('princeton_sirius can lend 200 guaranteed shares to princeton_eisentest on node 17', () => {
  const slices = slicesOn(17);
  expect(slices.find(({ id }) => id === 12)?.name).toBe('princeton_sirius');
  const total = slices.reduce((sum, slice) => sum + amount(slice, 'nm_cpu_guaranteed_share'), 0);
  expect(total).toBeLessThan(800);
  const loan = ['princeton_eisentest', 'nm_cpu_guaranteed_share', 200] as const;
  const lenders = new Map(
    slices.map(({ name, rspec }) => {
      const loans = name === 'princeton_sirius' ? [loan] : [];
      return [name as string, { rspec: withDefaults(rspec), loans }];
    }),
  );
  const { effective } = effectiveRspecs(lenders);
  expect(effective.get('princeton_eisentest')?.['nm_cpu_guaranteed_share']).toBe(200);
});

test('a ticket of the sample is for node 17, on which PLC does not instantiate its slice', () => {
  const [[name, { elements }] = ['', { elements: '' }], ...more] = readDrafts(bytes.toString());
  expect({ name, more }).toEqual({ name: 'ucsd_moara', more: [] });
  const ticket = parseTicketXml(Buffer.from(`<ticket issued="1750000000">${elements}</ticket>`));
  expect(ticket).toMatchObject({
    ok: true,
    content: { name, nodes: [{ id: 17 }], ssh_keys: expect.stringMatching(/^ssh-/) },
  });
  expect(slicesOn(17).map((slice): string => slice.name)).not.toContain(name);
});
