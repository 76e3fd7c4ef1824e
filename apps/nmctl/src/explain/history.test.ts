/** `nmctl events` and `nmctl explain` on real sockets, with parts of the node away. */
import type { EventsAnswer, NodeEvent, Reading } from '@nodemgr/contracts';
import { accountName } from '@nodemgr/records';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aFailure, aSupervisorStatus, NOW } from '../test-support/builders.ts';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';

const SIRIUS = accountName('princeton_sirius');

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

const anEvent = (at: number, what: NodeEvent['what']): NodeEvent => ({
  at,
  account: SIRIUS,
  what,
  why: `because of ${what}`,
  by: { kind: 'plc' },
});

/** A node on which something has happened; `asked` is what db-service was asked. */
function aBusyNode() {
  const asked: unknown[] = [];
  const daemons = theDaemons();
  const answer = (...events: NodeEvent[]): EventsAnswer => ({ events, more: false });
  return {
    asked,
    daemons: {
      ...daemons,
      'db-service': {
        ...daemons['db-service'],
        events: (query: unknown) => {
          asked.push(query);
          return answer(anEvent(NOW - 3, 'record-created'), anEvent(NOW - 1, 'stopped'));
        },
      },
      'account-supervisor': {
        ...daemons['account-supervisor'],
        events: () => answer(anEvent(NOW - 2, 'account-made'), anEvent(NOW, 'oom-kill')),
        readings: ({ name }: { readonly name: string }) => {
          const weight: Reading = {
            resource: 'nm_cpu_share',
            from: 'cpu.weight',
            amount: 512,
            unit: 'weight',
          };
          const readings = name === SIRIUS ? [weight] : [];
          return { driver: 'linux', wanted: readings, readings };
        },
      },
    },
  };
}

describe('events', () => {
  test('are those of both daemons, by time', async () => {
    await node.start(aBusyNode().daemons);
    const { code, out, err } = await node.run('events', SIRIUS);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.match(/because of \S+/g)).toEqual([
      'because of record-created',
      'because of account-made',
      'because of stopped',
      'because of oom-kill',
    ]);
  });

  test('are asked for by name, number and time', async () => {
    const { daemons, asked } = aBusyNode();
    await node.start(daemons);
    await node.run('events', SIRIUS, '--since', '2h', '--limit', '3');
    await node.run('events');
    expect(asked).toEqual([{ name: SIRIUS, limit: 3, since: NOW - 7_200_000 }, { limit: 200 }]);
  });

  test('as JSON are one document', async () => {
    await node.start(aBusyNode().daemons);
    const { out } = await node.run('events', '--json', '--limit', '1');
    expect(JSON.parse(out)).toEqual({ events: [anEvent(NOW, 'oom-kill')], more: true });
  });

  test('of one daemon are shown when the other is away, and what is missing is said', async () => {
    const { 'account-supervisor': _, ...others } = aBusyNode().daemons;
    await node.start(others);
    const { code, out, err } = await node.run('events');
    expect(code).toBe(1);
    expect(out).toContain('record-created');
    expect(err).toBe(
      'nmctl: account-supervisor: it is not running; what was done on the machine is not shown\n',
    );
  });

  test('of a node where nothing runs exit 3', async () => {
    expect((await node.run('events')).code).toBe(3);
  });

  test('of a name that nobody has exit 1 and suggest names that are near', async () => {
    await node.start(theDaemons());
    const { code, err } = await node.run('events', 'princeton_sirus');
    expect(code).toBe(1);
    expect(err).toContain(
      "no account 'princeton_sirus' on this node; did you mean princeton_sirius?",
    );
    expect(await node.run('events', SIRIUS)).toMatchObject({ code: 0, out: 'no events\n' });
    expect(await node.run('events', 'node')).toMatchObject({ code: 0, out: 'no events\n' });
  });

  test.each([
    [['--since', 'soon'], '--since wants a span'],
    [['--limit', '0'], 'at least 1 and at most 10000'],
    [['a/b'], "'a/b' wants the name of an account, or 'node'"],
  ])('with %j are a usage error', async (args, text) => {
    const { code, err } = await node.run('events', ...args);
    expect(code).toBe(2);
    expect(err).toContain(text);
  });
});

describe('explain', () => {
  test('shows what a sliver has, why, and what is enforced', async () => {
    await node.start(aBusyNode().daemons);
    const { code, out, err } = await node.run('explain', SIRIUS);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/nm_cpu_share +64 +64 +record$/m);
    expect(out).toMatch(/cpu\.weight +512 +512$/m);
    expect(out).toMatch(/lately\n.* oom-kill/);
  });

  test('exits 1 where something of it fails', async () => {
    const { daemons } = aBusyNode();
    const supervisor = {
      ...daemons['account-supervisor'],
      status: () => aSupervisorStatus([aFailure()]),
    };
    await node.start({ ...daemons, 'account-supervisor': supervisor });
    const { code, out } = await node.run('explain', SIRIUS);
    expect(code).toBe(1);
    expect(out).toMatch(/failing\n/);
  });

  test('shows the kernel’s part with db-service away, and says what is missing', async () => {
    const { 'db-service': _, ...others } = aBusyNode().daemons;
    await node.start(others);
    const { code, out, err } = await node.run('explain', SIRIUS);
    expect(code).toBe(1);
    expect(out).toMatch(/cpu\.weight +512 +512$/m);
    expect(err).toContain('db-service: it is not running; its record and its loans are not shown');
  });

  test('of a name that is no sliver’s suggests others, and says what a delegate is', async () => {
    await node.start(theDaemons());
    const unknown = await node.run('explain', 'princeton_sirus');
    expect(unknown).toMatchObject({ code: 1, out: '' });
    expect(unknown.err).toContain('did you mean princeton_sirius?');
    expect((await node.run('explain', 'del_snoop')).err).toContain(
      "'del_snoop' is a delegate, which has no resources; see: nmctl sliver del_snoop",
    );
  });

  test('as JSON is one document, also of a failure', async () => {
    await node.start(aBusyNode().daemons);
    expect(JSON.parse((await node.run('explain', SIRIUS, '--json')).out)).toMatchObject({
      name: SIRIUS,
      enforced: [{ agent: 'account-supervisor', driver: 'linux' }, { driver: 'dry-run' }],
    });
    expect(JSON.parse((await node.run('explain', 'no_body', '--json')).out)).toHaveProperty(
      'error',
    );
  });
});
