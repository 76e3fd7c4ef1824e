import { epochSeconds, sliverRecordSchema } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { aDocument, aKey, anSshKey, aResource, aSlice } from './document-builder.test-support.ts';
import { parseSlicesXml, recordsFromSlices } from './index.ts';

test('a slice becomes a record that db-service takes, with the delegations of the node', () => {
  const inside = `<rspec>${aResource('nm_cpu_share', [64])}</rspec>`;
  const text = aSlice({ attributes: ' id="12" expiry="1900000000"', inside }) + aKey(anSshKey(1));
  const document = parseSlicesXml(aDocument(text), 17);
  if (!document.ok) throw new Error(document.reason);
  const [record] = recordsFromSlices(document, epochSeconds(1_700_000_000), [
    ['del_snoop', 'GetRSpec'],
  ]);
  expect(sliverRecordSchema.parse(record)).toEqual({
    record_key: 'sliver_princeton_sirius',
    account_type: 'sliver',
    name: 'princeton_sirius',
    id: 12,
    expiry: 1_900_000_000,
    timestamp: 1_700_000_000,
    plc_instantiated: true,
    ssh_keys: anSshKey(1),
    rspec: { nm_cpu_share: 64 },
    initscript: '',
    image: 'default',
    delegations: [['del_snoop', 'GetRSpec']],
  });
});

test('a slice without an expiry makes a record without one', () => {
  const document = parseSlicesXml(aDocument(aSlice()), 17);
  if (!document.ok) throw new Error(document.reason);
  const [record] = recordsFromSlices(document, epochSeconds(1), []);
  expect(record).not.toHaveProperty('expiry');
});
