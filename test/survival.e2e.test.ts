/** Any one of the five may die at any time: the others go on, and nothing acknowledged is lost. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAEMONS, type DaemonName } from '@nodemgr/contracts';
import { SIGUSR1_IGNORED } from '@nodemgr/daemon';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listeningPorts } from '../libs/daemon/src/listening-ports.test-support.ts';
import { DemoNode } from './support/demo-node.ts';
import type { PythonClient } from './support/python-client.ts';
import { aDocument } from './support/slices-document.ts';

const LENDER = 'princeton_sirius';
const BORROWER = 'princeton_eisentest';
let node: DemoNode;

beforeAll(async () => {
  node = await DemoNode.start({
    slices: aDocument(
      { name: LENDER, rspec: { nm_cpu_share: 100_000 } },
      { name: BORROWER },
      { name: 'mit_dht' },
    ),
  });
});

afterAll(() => node.destroy());

async function killed(daemon: DaemonName): Promise<void> {
  const before = await node.pidOf(daemon);
  process.kill(before, 'SIGKILL');
  await node.eventually(async () => expect(await node.pidOf(daemon)).not.toBe(before));
}

const loanOf = (amount: number) => [[BORROWER, 'nm_cpu_share', amount]];

/** Calls without pause until told to stop; keeps the last amount whose loan was acknowledged. */
class Caller {
  acknowledged = 0;
  answered = 0;
  #last = 0;
  #stopped = false;
  readonly #calling: Promise<void>;

  constructor(private readonly api: PythonClient) {
    this.#calling = this.#call();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#calling;
  }

  async #call(): Promise<void> {
    while (!this.#stopped) {
      this.#last += 1;
      const written = await this.api.ask('SetLoans', LENDER, loanOf(this.#last));
      if (!('result' in written)) continue;
      this.acknowledged = this.#last;
      const read = await this.api.ask('GetLoans', LENDER);
      if ('result' in read) {
        // The same caller's next read sees its write, whoever died in between.
        expect(read.result).toEqual(loanOf(this.acknowledged));
        this.answered += 1;
      }
    }
  }
}

test.each([...DAEMONS])(
  '%s killed with SIGKILL while calls go on comes back, and no acknowledged SetLoans is lost',
  async (daemon) => {
    const api = node.tcp();
    const caller = new Caller(api);
    await node.eventually(() => expect(caller.answered).toBeGreaterThan(3));
    const dump = JSON.parse((await node.unix().call('DumpDatabase')) as string) as object;
    await killed(daemon);
    const soFar = caller.answered;
    await node.eventually(() => expect(caller.answered).toBeGreaterThan(soFar + 3));
    await caller.stop();
    const [loan] = (await api.call('GetLoans', LENDER)) as [string, string, number][];
    // A write that was never acknowledged may or may not have been made: never an older one.
    expect(loan?.[2]).toBeGreaterThanOrEqual(caller.acknowledged);
    const after = JSON.parse((await node.unix().call('DumpDatabase')) as string) as object;
    expect(Object.keys(after).sort()).toEqual(Object.keys(dump).sort());
    const { stdout } = await node.nmctl('slivers');
    for (const name of [LENDER, BORROWER, 'mit_dht']) {
      expect(stdout).toMatch(new RegExp(`${name} +running`));
    }
  },
);

test('SIGUSR1, on which Node.js opens its debugger to all tenants, changes no process of a node', async () => {
  const plc = Number(readFileSync(join(node.state, 'demo-plc', 'pid'), 'utf8'));
  const daemons = DAEMONS.map(async (name) => ({ name, pid: await node.pidOf(name) }));
  for (const { name, pid } of [{ name: 'demo-plc', pid: plc }, ...(await Promise.all(daemons))]) {
    const before = listeningPorts(pid);
    process.kill(pid, 'SIGUSR1');
    const log = join(node.state, 'log', `${name}.log`);
    await node.eventually(() => expect(readFileSync(log, 'utf8')).toContain(SIGUSR1_IGNORED));
    expect(listeningPorts(pid), name).toEqual(before);
  }
  for (const { name, pid } of await Promise.all(daemons)) expect(await node.pidOf(name)).toBe(pid);
});

test('reads go on while db-service is away, and a write says that it is', async () => {
  const api = node.tcp();
  const before = await api.call('GetRSpec', LENDER);
  const pid = await node.pidOf('db-service');
  // Frozen rather than killed: the demo would start it again at once.
  process.kill(pid, 'SIGSTOP');
  try {
    const [code, text] = await api.faultOf('SetLoans', LENDER, loanOf(7));
    expect(code).toBe(111);
    expect(text).toMatch(/db-service/);
    expect(await api.call('GetRSpec', LENDER)).toEqual(before);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await node.eventually(async () =>
    expect(await api.ask('SetLoans', LENDER, loanOf(8))).toEqual({ result: 1 }),
  );
  expect(await api.call('GetLoans', LENDER)).toEqual(loanOf(8));
});

test('killed all at once, they come back with the same state', async () => {
  const api = node.tcp();
  await node.eventually(async () =>
    expect(await api.ask('SetLoans', LENDER, loanOf(99))).toEqual({ result: 1 }),
  );
  const pids = await Promise.all(DAEMONS.map((daemon) => node.pidOf(daemon)));
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await node.eventually(async () =>
    expect(await api.ask('GetLoans', LENDER)).toEqual({ result: loanOf(99) }),
  );
  await node.eventually(async () =>
    expect(
      (await Promise.all(DAEMONS.map((daemon) => node.pidOf(daemon)))).filter((pid) =>
        pids.includes(pid),
      ),
    ).toEqual([]),
  );
});
