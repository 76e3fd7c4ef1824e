import { accountName, deliveredRecordSchema, epochSeconds, recordKeyOf } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { aGoodDocument, slicesXml } from './builders.test-support.ts';
import { offerConfig, offerDocument } from './offer-records.ts';
import { delegationsFromConfig, digestOf, recordsFromConfig } from './plan-records.ts';

const SAID = { records: [], unreadable: [], remarks: [] };
const NOW = epochSeconds(1_700_000_000);
const KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB u@host';
const plc = { kind: 'slices-xml' } as const;
const bandwidth = { exempt_ips: [], link_rate: 1e9 };
const aDelegate = (changes = {}) => ({
  name: accountName('del_snoop'),
  ssh_keys: [KEY],
  methods: ['GetRSpec'],
  ...changes,
});

test('a delegate of the configuration is a record of its own', () => {
  const { records } = recordsFromConfig({ delegates: [aDelegate()], bandwidth, plc }, NOW);
  expect(records.map((record) => deliveredRecordSchema.parse(record))).toEqual([
    {
      record_key: 'delegate_del_snoop',
      account_type: 'delegate',
      name: 'del_snoop',
      timestamp: NOW,
      plc_instantiated: true,
      ssh_keys: KEY,
    },
  ]);
});

test('a broken key of a delegate costs that key, and is reported', () => {
  const ssh_keys = [`${KEY}\nssh-rsa x`, `${KEY}\n`, `no-pty ${KEY}`];
  const delegates = [aDelegate({ name: accountName('del_other'), ssh_keys }), aDelegate()];
  const { records, bad } = recordsFromConfig({ delegates, bandwidth, plc }, NOW);
  expect(records).toMatchObject([{ name: 'del_other', ssh_keys: KEY }, { name: 'del_snoop' }]);
  expect(bad).toEqual([
    { name: 'del_other', why: 'ssh_keys.0 cannot be used: a line end is in the middle of it' },
    {
      name: 'del_other',
      why: expect.stringMatching(/^ssh_keys\.2 cannot be used: options before/),
    },
  ]);
});

test('a cap is a record; exempt networks without one are capped at the link rate', () => {
  const recordsOf = (changes: object) =>
    recordsFromConfig({ delegates: [], bandwidth: { ...bandwidth, ...changes }, plc }, NOW).records;
  expect(recordsOf({})).toEqual([]);
  expect(recordsOf({ cap: 5e6 })).toMatchObject([
    { record_key: 'bwcap', cap: 5e6, exempt_ips: [] },
  ]);
  expect(recordsOf({ exempt_ips: ['192.0.2.0/24'] })).toMatchObject([{ cap: 1e9 }]);
});

test('where PLC says which cap a node has, the configuration does so only with a cap of its own', () => {
  const capOf = (changes: object) =>
    recordsFromConfig(
      { delegates: [], bandwidth: { ...bandwidth, ...changes }, plc: { kind: 'getslivers' } },
      NOW,
    ).records;
  expect(capOf({ exempt_ips: ['192.0.2.0/24'] })).toEqual([]);
  expect(capOf({ cap: 5e6 })).toMatchObject([{ record_key: 'bwcap', cap: 5e6 }]);
});

test('every sliver grants each delegate its methods', () => {
  const delegations = delegationsFromConfig([
    aDelegate({ methods: ['GetRSpec', 'GetLoans', 'GetRSpec'] }),
  ]);
  expect(delegations).toEqual([
    ['del_snoop', 'GetRSpec'],
    ['del_snoop', 'GetLoans'],
  ]);
  const good = aGoodDocument({}, slicesXml('princeton_sirius'), delegations);
  const [record] = offerDocument(good, 'slices-xml').records(NOW);
  expect(record).toMatchObject({ record_key: 'sliver_princeton_sirius', delegations });
});

test('more grants than a record may hold are refused before anything is delivered', () => {
  const methods = Array.from({ length: 1001 }, (_, n) => `M${n}`);
  expect(() => delegationsFromConfig([aDelegate({ methods })])).toThrow('at most 1000');
});

test('a digest looks at the content: not at timestamps, not at the order', () => {
  const digest = (names: string[], time = NOW) =>
    digestOf({
      ...SAID,
      records: offerDocument(aGoodDocument({}, slicesXml(...names)), 'slices-xml').records(time),
    });
  expect(digest(['a_b'])).toBe(digest(['a_b'], epochSeconds(1)));
  expect(digest(['a_b'])).not.toBe(digest(['a_c']));
  const offer = offerConfig({ delegates: [aDelegate()], bandwidth, plc }, NOW);
  const records = [...offer.records(NOW)].reverse();
  expect(digestOf({ ...SAID, records })).toBe(offer.digest);
});

test('a digest looks at what cannot be read and at what is remarked, too', () => {
  const record_key = recordKeyOf('sliver', accountName('a_b'));
  const digests = [
    SAID,
    { ...SAID, unreadable: [{ record_key, fields: ['id'] as const }] },
    { ...SAID, unreadable: [{ record_key, fields: ['expiry'] as const }] },
    { ...SAID, remarks: [{ severity: 'note', text: 'x' } as const] },
    { ...SAID, remarks: [{ severity: 'trouble', text: 'x' } as const] },
    { ...SAID, remarks: [{ record_key, severity: 'trouble', text: 'x' } as const] },
  ].map(digestOf);
  expect(new Set(digests).size).toBe(digests.length);
});
