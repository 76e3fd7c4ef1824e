/** What a real PLC's answer, and answers that differ from it in one thing, make of a node. */
import { readFileSync } from 'node:fs';
import {
  accountName,
  checkRecord,
  imageName,
  type RecordKey,
  recordKeyOf,
  UNLIMITED_BYTES,
  UNLIMITED_QUOTA,
  UNLIMITED_RATE,
} from '@nodemgr/records';
import { DEFAULT_BOUNDS, ResponseReader, type XmlRpcValue } from '@nodemgr/xml-rpc';
import { describe, expect, test } from 'vitest';
import { anAnswer, aSliver, SETTINGS } from './answer.test-support.ts';
import { condense, wantedOfAnswer } from './condense.ts';
import { type MappedAnswer, mapAnswer, type NodeSettings } from './map-answer.ts';

const SAMPLE = new URL('../../slices-xml/src/plc-samples/getslivers.xml', import.meta.url);

function sample(): XmlRpcValue {
  const reader = new ResponseReader(DEFAULT_BOUNDS, wantedOfAnswer());
  reader.write(readFileSync(SAMPLE));
  const answer = reader.end();
  if (answer.kind !== 'value') throw new Error(answer.text);
  return condense(answer.value);
}

function mapped(answer: XmlRpcValue, settings: Partial<NodeSettings> = {}): MappedAnswer {
  const result = mapAnswer(answer, { ...SETTINGS, ...settings });
  if (!result.ok) throw new Error(result.reason);
  for (const record of result.records) expect(checkRecord(record)).toEqual({ record });
  return result;
}
const recordOf = ({ records }: MappedAnswer, key: string) =>
  records.find(({ record_key }) => record_key === key);
const remarksOn = ({ remarks }: MappedAnswer, key: string | undefined) =>
  remarks
    .filter(({ record_key }) => record_key === key)
    .map(({ severity, text }) => `${severity}: ${text}`);
/** The record and the remarks of one sliver that is like others but for what is given. */
function one(changes: Readonly<Record<string, XmlRpcValue>>, settings?: Partial<NodeSettings>) {
  const result = mapped(anAnswer({ slivers: [aSliver(changes)] }), settings);
  const [record] = result.records;
  return { record, remarks: remarksOn(result, 'sliver_princeton_sirius'), result };
}
const tags = (...pairs: readonly (readonly [string, XmlRpcValue])[]) => ({
  attributes: pairs.map(([tagname, value]) => ({ tagname, value })),
});

describe('the answer of a real PLC', () => {
  const result = mapped(sample(), { nodeId: 1 });

  test('is a record for each of its slices that this node is to have', () => {
    expect(result.records.map(({ record_key }) => record_key)).toEqual([
      'sliver_pl_default',
      'sliver_princeton_CoMon',
      'sliver_princeton__x',
      'sliver_princeton_dns',
      'sliver_princeton_a',
      'sliver_princeton_sirius',
      'sliver_upmc_agent.v2',
      'sliver_pl_netflow',
      'delegate_princeton_broker',
      'sliver_princeton_deleg',
    ]);
    expect(result.totals).toEqual({ slices: 13, ours: 10 });
    expect(result.unreadable).toEqual([]);
  });

  test('has amounts in our units', () => {
    expect(recordOf(result, 'sliver_princeton_CoMon')).toMatchObject({
      id: 2,
      expiry: 1_797_186_019,
      rspec: {
        nm_enabled: 0,
        nm_cpu_guaranteed_share: 250,
        nm_cpu_cores: 2,
        nm_net_max_byte: 10_800_000_000,
        nm_net_exempt_max_rate: 100_000_000,
      },
      initscript: '#!/bin/bash\necho café\n',
    });
    expect(recordOf(result, 'sliver_princeton_sirius')).toMatchObject({
      rspec: { nm_cpu_share: 64, nm_net_max_rate: 5_000_000, nm_disk_quota: 10_000_000 },
      initscript: '#!/bin/sh\necho "hi <there> & you" > /tmp/x\n',
    });
    expect(recordOf(result, 'sliver_princeton_dns')).toMatchObject({
      rspec: { nm_disk_quota: UNLIMITED_QUOTA, nm_net_min_rate: 99_999_999_999_000 },
    });
  });

  test('names whom a sliver lets call for it', () => {
    const record = recordOf(result, 'sliver_princeton_sirius');
    expect(record).toMatchObject({
      delegations: expect.arrayContaining([
        ['princeton_dns', 'Start'],
        ['princeton_dns', 'SetLoans'],
      ]),
    });
  });

  test('lets a slice that is delegated wait for a CreateSliver', () => {
    expect(recordOf(result, 'sliver_princeton_deleg')).toMatchObject({ plc_instantiated: false });
    expect(recordOf(result, 'sliver_princeton_a')).toMatchObject({ plc_instantiated: true });
  });

  test('sets limits off for whoever has none of his own, by its default slice', () => {
    expect(recordOf(result, 'sliver_princeton_a')).toMatchObject({
      rspec: { nm_net_max_rate: UNLIMITED_RATE },
    });
  });

  test('costs a broken key that key, a bad amount that amount, and tells', () => {
    expect(remarksOn(result, 'sliver_princeton_dns')).toEqual([
      'trouble: the key "ssh-rsa A u@h" cannot be used: its base64 does not decode',
      'trouble: tag cpu_share cannot be used: "unlimited" is no integer',
      'note: tags that mean nothing here: "hrn"',
      'note: image family "lxc-f27-x86_64" is not in plc.images: the image is default',
    ]);
    expect(remarksOn(result, undefined)).toEqual([
      expect.stringMatching(/^trouble: slice "princeton_x+" cannot be used: a name is like/),
      expect.stringMatching(/^trouble: slice "princeton_x+" cannot be used: /),
    ]);
  });

  test('names every tag that means nothing here, and no value of one', () => {
    const notes = remarksOn(result, 'sliver_princeton_sirius');
    expect(notes).toContain('note: tags that mean nothing here: "capabilities", "hrn", "vsys"');
    expect(JSON.stringify(result)).not.toMatch(/CAP_NET_RAW|fd_tuntap/);
  });

  test('says the same in another order of its keys', () => {
    const text = JSON.stringify(sample());
    const other = JSON.parse(text, (name, value) =>
      name === 'keys' ? [...value].reverse() : value,
    );
    expect(mapped(other, { nodeId: 1 }).records).toEqual(result.records);
  });
});

describe('what is left of an answer to be kept', () => {
  const kept = JSON.stringify(sample());

  test('has no keys of root’s, no files, and no values of tags that mean nothing', () => {
    expect(kept).not.toMatch(/site_admin|conf_files|accounts|motd|CAP_NET_RAW|setup-link/);
    expect(kept).toContain('princeton_sirius_init');
  });

  test('has no start script that no slice names', () => {
    const initscripts = [{ name: 'theirs', enabled: true, script: '#!/bin/sh\n' }];
    expect(condense(anAnswer({ initscripts }))).toMatchObject({ initscripts: [] });
  });

  test('makes the same of the node', () => {
    const settings = { ...SETTINGS, nodeId: 1 };
    expect(mapAnswer(JSON.parse(kept), settings)).toEqual(mapAnswer(sample(), settings));
    expect(condense(JSON.parse(kept))).toEqual(JSON.parse(kept));
  });
});

describe('an answer that counts for nothing', () => {
  test.each([
    [
      'another node’s',
      anAnswer({ node_id: 18 }),
      'it is the answer for node 18, and this node is 17',
    ],
    ['nobody’s', anAnswer({ node_id: null }), 'it is the answer for no node, and this node is 17'],
    ['one without slivers', anAnswer({ slivers: null }), 'the answer has no list slivers'],
    ['one without interfaces', anAnswer({ interfaces: null }), 'the answer has no list interfaces'],
    [
      'one without start scripts',
      anAnswer({ initscripts: '' }),
      'the answer has no list initscripts',
    ],
    ['a list', [], 'the answer is no struct'],
    ['nil', null, 'the answer is no struct'],
  ])('is %s', (_what, answer, reason) => {
    expect(mapAnswer(answer, SETTINGS)).toEqual({ ok: false, reason });
  });

  test('is one with more slices than a node can have', () => {
    const slivers = Array.from({ length: 10_001 }, (_, n) => aSliver({ name: `site_${n}` }));
    expect(mapAnswer(anAnswer({ slivers }), SETTINGS)).toEqual({
      ok: false,
      reason: 'it gives this node more than 10000 slices',
    });
  });
});

describe('a tag', () => {
  test.each([
    ['cpu_pct', '25', { nm_cpu_guaranteed_share: 250 }],
    ['cpu_cores', '3', { nm_cpu_cores: 3 }],
    ['net_i2_min_rate', '8', { nm_net_exempt_min_rate: 8000 }],
    ['net_i2_max_rate', '-1', { nm_net_exempt_max_rate: UNLIMITED_RATE }],
    ['net_max_kbyte', '-1', { nm_net_max_byte: 0 }],
    ['net_thresh_kbyte', '1', { nm_net_max_thresh_byte: 1024 }],
    ['net_thresh_kbyte', '-1', { nm_net_max_thresh_byte: UNLIMITED_BYTES }],
    ['net_i2_max_kbyte', '2', { nm_net_max_exempt_byte: 2048 }],
    ['net_i2_thresh_kbyte', '3', { nm_net_max_thresh_exempt_byte: 3072 }],
    ['memlock_hard', '-1', { nm_mem_max: 0 }],
    ['nproc_hard', ' 10\n', { nm_tasks_max: 10 }],
    ['nm_net_share', '3', { nm_net_share: 3 }],
  ])('%s of %j is %j', (name, value, rspec) => {
    expect(one(tags([name, value])).record).toMatchObject({ rspec });
  });

  test('that comes again counts as it comes last, and that is told', () => {
    const { record, remarks } = one(tags(['cpu_share', '3'], ['cpu_share', '5']));
    expect(record).toMatchObject({ rspec: { nm_cpu_share: 5 } });
    expect(remarks).toEqual(['note: tag cpu_share: "3", then "5"; the last counts']);
  });

  test('of the soft memory limit counts where there is no hard one', () => {
    const soft = ['memlock_soft', '1000'] as const;
    expect(one(tags(soft)).record).toMatchObject({ rspec: { nm_mem_max: 1000 } });
    const both = one(tags(['memlock_hard', '2000'], soft));
    expect(both.record).toMatchObject({ rspec: { nm_mem_max: 2000 } });
  });

  test.each(['99999999999999999', '-2', '1.5', '', '9007199254740991'])(
    'of a rate that is %j leaves the default, and is trouble',
    (value) => {
      const { record, remarks } = one(tags(['net_max_rate', value]));
      expect(record).toMatchObject({ rspec: {} });
      expect(remarks).toEqual([expect.stringMatching(/^trouble: tag net_max_rate cannot be used/)]);
    },
  );

  test('of delegations names several callers, with commas between', () => {
    const { record, remarks } = one(tags(['delegations', 'a_b, c_d,, no'], ['delegations', 'e_f']));
    const callers = new Set(
      (record as { delegations: string[][] }).delegations.map(([who]) => who),
    );
    expect([...callers]).toEqual(['a_b', 'c_d', 'e_f']);
    expect(remarks).toEqual(['trouble: no caller can be named "no"']);
  });

  test('of delegations with too many callers is cut, and the node’s own grants stay', () => {
    const names = Array.from({ length: 200 }, (_, n) => `site_${n}`).join(',');
    const granted = [['del_snoop', 'GetRSpec']] as const;
    const { record, remarks } = one(tags(['delegations', names]), { delegations: granted });
    expect(record).toMatchObject({ delegations: expect.arrayContaining([granted[0]]) });
    expect(remarks).toEqual([expect.stringMatching(/^trouble: 1\d\d callers are cut/)]);
  });
});

describe('a start script', () => {
  const initscripts = [
    { name: 'up', enabled: true, script: '#!/bin/sh\r\necho up\r\n' },
    { name: 'off', enabled: false, script: 'off' },
  ];
  const scriptOf = (...pairs: readonly (readonly [string, XmlRpcValue])[]) => {
    const result = mapped(anAnswer({ initscripts, slivers: [aSliver(tags(...pairs))] }));
    const [record] = result.records;
    return [
      (record as { initscript: string }).initscript,
      ...remarksOn(result, record?.record_key),
    ];
  };

  test('is PLC’s script of that name, with line ends that can run', () => {
    expect(scriptOf(['initscript', 'up'])).toEqual(['#!/bin/sh\necho up\n']);
  });

  test('with a text of its own is that', () => {
    expect(scriptOf(['initscript', 'up'], ['initscript_code', 'mine'])).toEqual(['mine']);
    expect(scriptOf(['initscript', 'none'], ['initscript_code', 'mine'])).toEqual(['mine']);
  });

  test('that PLC does not have, or has disabled, is trouble', () => {
    const why = 'trouble: start script "none" cannot be used: PLC has no script of that name';
    expect(scriptOf(['initscript', 'none'])).toEqual(['', why]);
    const off = 'trouble: start script "off" cannot be used: PLC has disabled it';
    expect(scriptOf(['initscript', 'off'])).toEqual(['', off]);
  });
});

describe('an image', () => {
  const images = { 'lxc-f27-x86_64': imageName('fedora'), other: imageName('debian') };
  const family = { GetSliceFamily: 'lxc-f27-x86_64' };

  test('is what the configuration maps the family to', () => {
    expect(one(family, { images })).toMatchObject({ record: { image: 'fedora' }, remarks: [] });
    const named = { ...family, ...tags(['vref', 'other']) };
    expect(one(named, { images }).record).toMatchObject({ image: 'debian' });
  });

  test('of a family that is not mapped is the default, which is trouble where others are', () => {
    const text = 'image family "x" is not in plc.images: the image is default';
    const unknown = { GetSliceFamily: 'x' };
    expect(one(unknown)).toMatchObject({
      record: { image: 'default' },
      remarks: [`note: ${text}`],
    });
    expect(one(unknown, { images }).remarks).toEqual([`trouble: ${text}`]);
    expect(one({ GetSliceFamily: '__proto__' }).record).toMatchObject({ image: 'default' });
  });
});

describe('what of a sliver cannot be read', () => {
  test.each([
    ['expires', null, ['expiry']],
    ['slice_id', 'x', ['id']],
    ['instantiation', 'perhaps', ['plc_instantiated']],
    ['keys', null, ['ssh_keys']],
    ['attributes', null, ['rspec', 'initscript', 'image', 'delegations']],
  ])('%s of %j keeps what is known, and is trouble', (field, value, fields) => {
    const { result, remarks } = one({ [field]: value });
    const record_key = 'sliver_princeton_sirius';
    expect(result.unreadable).toEqual([{ record_key, fields }]);
    expect(remarks).toHaveLength(fields.length);
    for (const remark of remarks) expect(remark).toMatch(/^trouble: .*; what is known stays$/);
  });

  test('costs a repeated name its second sliver, a bad name itself, and nobody else', () => {
    const slivers = [
      aSliver(),
      aSliver({ slice_id: 99 }),
      aSliver({ name: 'Bad' }),
      'junk',
      aSliver({ name: 'mit_dht', slice_id: 13 }),
    ];
    const result = mapped(anAnswer({ slivers }));
    expect(result.records).toMatchObject([{ id: 12 }, { name: 'mit_dht' }]);
    expect(result.remarks.map(({ text }) => text)).toEqual([
      'its name is repeated; the first one counts',
      expect.stringMatching(/^slice "Bad" cannot be used: /),
      'a sliver that is no struct cannot be used',
    ]);
  });
});

describe('the node', () => {
  const withLimit = (bwlimit: XmlRpcValue) =>
    anAnswer({ interfaces: [{ bwlimit: 1e6 }, { is_primary: true, bwlimit }] });
  const capOf = (answer: XmlRpcValue, settings?: Partial<NodeSettings>) =>
    recordOf(mapped(answer, settings), 'bwcap');

  test('has the cap of its primary interface, and the configuration’s exempt networks', () => {
    const exemptIps = ['192.0.2.0/24'];
    const cap = { cap: 5_000_000, exempt_ips: exemptIps };
    expect(capOf(withLimit(5_000_000), { exemptIps })).toMatchObject(cap);
    expect(capOf(withLimit(null), { exemptIps })).toMatchObject({
      cap: 1e9,
      exempt_ips: exemptIps,
    });
  });

  test.each([null, -1, '-1'])('has no cap where the limit is %j', (bwlimit) => {
    expect(capOf(withLimit(bwlimit))).toBeUndefined();
  });

  test('has no cap where the limit makes no sense, which is trouble', () => {
    const result = mapped(withLimit(3));
    expect(recordOf(result, 'bwcap')).toBeUndefined();
    expect(remarksOn(result, undefined)).toEqual([
      'trouble: the limit of the primary interface cannot be used: "3"',
    ]);
  });

  test('has no cap where PLC’s default slice switches limits off', () => {
    const off = aSliver({ name: 'pl_default', ...tags(['net_max_rate', '-1']) });
    const answer = { ...(withLimit(5_000_000) as object), slivers: [off] } as XmlRpcValue;
    expect(capOf(answer)).toBeUndefined();
    expect(capOf(answer, { slicePrefix: 'other' })).toMatchObject({ cap: 5_000_000 });
  });

  test('gives every sliver what the default slice says and the sliver does not', () => {
    const amounts = tags(['cpu_share', '1'], ['disk_max', '100'], ['enabled', '0']);
    const slivers = [
      aSliver(tags(['cpu_share', '7'])),
      aSliver({ name: 'pl_default', ...amounts }),
    ];
    expect(mapped(anAnswer({ slivers })).records).toMatchObject([
      { rspec: { nm_cpu_share: 7, nm_disk_quota: 100 } },
      { rspec: { nm_enabled: 0 } },
    ]);
    expect(mapped(anAnswer({ slivers })).records[0]).not.toHaveProperty('rspec.nm_enabled');
  });

  test('keeps what its own configuration says itself', () => {
    const broker = recordKeyOf('delegate', accountName('a_broker'));
    const ownKeys = new Set<RecordKey>([broker, 'bwcap' as RecordKey]);
    const slivers = [aSliver({ name: 'a_broker', instantiation: 'nm-controller' })];
    const answer = { ...(withLimit(5_000_000) as object), slivers } as XmlRpcValue;
    const result = mapped(answer, { ownKeys });
    expect(result.records).toEqual([]);
    expect(result.remarks.map(({ severity }) => severity)).toEqual(['note', 'note']);
  });

  test('says of two slices with one id that each counts, and which one has it too', () => {
    const slivers = [
      aSliver(),
      aSliver({ name: 'site_b' }),
      aSliver({ name: 'site_c', slice_id: 13 }),
    ];
    const result = mapped(anAnswer({ slivers }));
    expect(result.records).toHaveLength(3);
    expect(result.remarks.map(({ record_key, text }) => [record_key, text])).toEqual([
      [
        'sliver_princeton_sirius',
        'its slice_id 12 is also that of slice "site_b"; each of them counts',
      ],
      [
        'sliver_site_b',
        'its slice_id 12 is also that of slice "princeton_sirius"; each of them counts',
      ],
    ]);
  });

  describe('of leases', () => {
    const lease = { lease_id: 3, slice_id: 12, name: 'princeton_sirius', expired: false };
    const times = { t_from: 1_700_000_000, t_until: '1700003600' };
    const leasesOf = (answer: Readonly<Record<string, XmlRpcValue>>) => {
      const result = mapped(anAnswer({ reservation_policy: 'lease_or_idle', ...answer }));
      return { result, record: result.records.find(({ record_key }) => record_key === 'leases') };
    };

    test('are a record, by the names of their slices', () => {
      expect(leasesOf({ leases: [{ ...lease, ...times }] }).record).toEqual({
        record_key: 'leases',
        timestamp: 0,
        policy: 'lease_or_idle',
        leases: [{ slice: 'princeton_sirius', from: 1_700_000_000, until: 1_700_003_600 }],
      });
      expect(leasesOf({ leases: null }).record).toMatchObject({ leases: [] });
    });

    test('there are none on a node that is not reservable', () => {
      expect(leasesOf({ reservation_policy: 'none', leases: null }).record).toBeUndefined();
      expect(leasesOf({ reservation_policy: null, leases: null }).record).toBeUndefined();
    });

    test('one that cannot be used is left out alone', () => {
      const bad = { ...lease, t_from: 'soon', t_until: 5 };
      const { record, result } = leasesOf({ leases: [bad, { ...lease, ...times }] });
      expect(record).toMatchObject({ leases: [{ from: 1_700_000_000 }] });
      expect(remarksOn(result, undefined)).toEqual([
        expect.stringMatching(
          /^trouble: a lease of slice "princeton_sirius" cannot be used: .*soon/,
        ),
      ]);
    });

    test('a policy or a list that cannot be read leaves the one that is known', () => {
      const { result } = leasesOf({ reservation_policy: 'lease_or_else', leases: 5 });
      expect(result.unreadable).toEqual([{ record_key: 'leases', fields: ['policy', 'leases'] }]);
      expect(remarksOn(result, undefined)).toHaveLength(2);
    });

    test('a slice of the system is marked by its tag, which is no trouble and no note', () => {
      const slivers = [aSliver({ attributes: [{ tagname: 'system', value: '1' }] })];
      const result = mapped(anAnswer({ slivers }));
      expect(result.records).toMatchObject([{ rspec: { system: 1 } }]);
      expect(result.remarks).toEqual([]);
    });
  });
});
