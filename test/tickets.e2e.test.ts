/** Slivers that PLC has not instantiated itself: they exist once somebody has said CreateSliver. */
import { join } from 'node:path';
import { connectCalls } from '@nodemgr/bus';
import { deliverContract, endpointsBelow } from '@nodemgr/contracts';
import { accountName, DEFAULT_IMAGE, epochSeconds, recordKeyOf } from '@nodemgr/records';
import { afterEach, expect, test } from 'vitest';
import { DemoNode } from './support/demo-node.ts';
import { aDocument } from './support/slices-document.ts';

const NAME = accountName('site_ticketed');
let node: DemoNode;

afterEach(() => node.destroy());

/** Delivers the record of one sliver as a ticket's, by the way that only plc-fetcher may use. */
async function deliverTicket(expiry: number): Promise<unknown> {
  const { deliver } = endpointsBelow(join(node.state, 'run'));
  const client = connectCalls({ path: deliver, contract: deliverContract });
  try {
    return await client.call(
      'single_record',
      {
        request_id: crypto.randomUUID(),
        source: 'ticket',
        record: {
          record_key: recordKeyOf('sliver', NAME),
          timestamp: epochSeconds(Math.floor(Date.now() / 1000)),
          expiry: epochSeconds(expiry),
          account_type: 'sliver',
          name: NAME,
          plc_instantiated: false,
          ssh_keys: '',
          id: 77,
          rspec: { nm_cpu_share: 7 },
          initscript: '',
          image: DEFAULT_IMAGE,
          delegations: [],
        },
      },
      { deadlineMs: 5000 },
    );
  } finally {
    client.close();
  }
}

const slivers = async () => (await node.nmctl('slivers')).stdout;

test('a ticketed sliver is set up by CreateSliver, torn down by DeleteSliver, and taken over by PLC', async () => {
  node = await DemoNode.start({ slices: aDocument({ name: 'site_a' }) });
  const api = node.tcp();
  const later = Math.floor(Date.now() / 1000) + 3600;
  expect(await deliverTicket(later)).toMatchObject({ outcome: 'accepted', written: 1 });
  await node.eventually(async () =>
    expect(await api.call('GetRSpec', NAME)).toHaveProperty('nm_cpu_share', 7),
  );
  expect(await slivers()).not.toMatch(/site_ticketed +running/);

  expect(await api.call('CreateSliver', NAME)).toBe(1);
  await node.eventually(async () => expect(await slivers()).toMatch(/site_ticketed +running/));

  // A document that does not name it touches no ticket's record.
  node.publish(aDocument({ name: 'site_a' }, { name: 'site_b' }));
  await node.eventually(async () => expect(await slivers()).toMatch(/site_b +running/));
  expect(await slivers()).toMatch(/site_ticketed +running/);

  expect(await api.call('DeleteSliver', NAME)).toBe(1);
  await node.eventually(async () => expect(await slivers()).not.toMatch(/site_ticketed +running/));
  expect(await api.call('GetRSpec', NAME)).toHaveProperty('nm_cpu_share', 7);

  node.publish(aDocument({ name: 'site_a' }, { name: NAME, rspec: { nm_cpu_share: 9 } }));
  await node.eventually(async () => expect(await slivers()).toMatch(/site_ticketed +running/));
  expect(await api.call('GetRSpec', NAME)).toHaveProperty('nm_cpu_share', 9);
});
