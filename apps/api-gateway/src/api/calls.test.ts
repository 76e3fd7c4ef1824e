import { Fault } from '@nodemgr/faults';
import {
  accountName,
  epochSeconds,
  hostUid,
  MAX_LOANS,
  recordKeyOf,
  revision,
} from '@nodemgr/records';
import { encodeResponse, type XmlRpcValue } from '@nodemgr/xml-rpc';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../caller/caller.ts';
import {
  aSliver,
  EISENTEST,
  GOOD_TICKET,
  PretendedNode,
  SIRIUS,
  SNOOP,
} from '../test-kit/pretended-node.ts';
import { CallDispatcher } from './dispatch-call.ts';
import { makeMethodTable } from './method-table.ts';

const ROOT: Caller = { kind: 'root', uid: hostUid(0) };
const SIRIUS_ITSELF: Caller = { kind: 'sliver', uid: hostUid(30_000), name: SIRIUS };
const EISENTEST_ITSELF: Caller = { kind: 'sliver', uid: hostUid(30_001), name: EISENTEST };
const SNOOPER: Caller = { kind: 'delegate', uid: hostUid(30_002), name: SNOOP };
const NOBODY: Caller = { kind: 'nobody', uid: hostUid(1000), why: 'it is no account of ours' };
const UNNAMED: Caller = { kind: 'nobody', why: 'its end of the connection has no owner' };

const LOAN = ['princeton_eisentest', 'nm_cpu_share', 8];

let node: PretendedNode;
let logged: Record<string, unknown>[];
let dispatcher: CallDispatcher;
let clock: number;

beforeEach(() => {
  node = new PretendedNode();
  logged = [];
  clock = 0;
  const note = (fields: object, msg: string) => logged.push({ ...fields, msg });
  dispatcher = new CallDispatcher({
    table: makeMethodTable(),
    replica: node,
    heard: node.heard,
    writes: node,
    machine: node,
    now: () => clock,
    log: { info: note, error: note },
  });
});

async function call(caller: Caller, method: string, ...params: readonly XmlRpcValue[]) {
  return dispatcher.call(caller, { method, params });
}
async function resultOf(caller: Caller, method: string, ...params: readonly XmlRpcValue[]) {
  const outcome = await call(caller, method, ...params);
  return 'value' in outcome ? outcome.value : outcome;
}
async function faultOf(caller: Caller, method: string, ...params: readonly XmlRpcValue[]) {
  const outcome = await call(caller, method, ...params);
  return 'code' in outcome ? outcome : { code: 0, text: JSON.stringify(outcome.value) };
}

describe('the order of the checks', () => {
  test('100: a method that does not exist; the text lists those that do', async () => {
    const { code, text } = await faultOf(NOBODY, 'Nope', 1, 2, 3);
    expect(code).toBe(100);
    expect(text).toContain("no such method: 'Nope'; there are Help, CreateSliver, DeleteSliver,");
    expect((await faultOf(ROOT, '__proto__')).code).toBe(100);
  });

  test('101: the wrong number of arguments, before anything is looked at', async () => {
    expect(await faultOf(NOBODY, 'GetRSpec')).toMatchObject({
      code: 101,
      text: 'GetRSpec wants 1 argument: GetRSpec(sliver); got 0',
    });
    expect((await faultOf(NOBODY, 'DumpDatabase', 1)).code).toBe(101);
    expect((await faultOf(ROOT, 'SetLoans', [LOAN])).code).toBe(101);
    expect((await faultOf(SNOOPER, 'SetLoans', [LOAN])).code).toBe(101);
  });

  test('102: an argument of the wrong type, or a sliver that is not there, before rights', async () => {
    expect(await faultOf(NOBODY, 'GetRSpec', 5)).toMatchObject({
      code: 102,
      text: 'sliver wants string, got int',
    });
    for (const name of [
      'no_such',
      'del_snoop',
      '',
      '../../etc',
      'sliver_princeton_sirius',
      'bwcap',
    ]) {
      expect(await faultOf(NOBODY, 'GetRSpec', name)).toMatchObject({
        code: 102,
        text: `no such sliver: '${name}'`,
      });
    }
    expect((await faultOf(NOBODY, 'SetLoans', SIRIUS, 'x')).code).toBe(102);
  });

  test('108: permission, before the inside of the arguments', async () => {
    expect((await faultOf(NOBODY, 'SetLoans', SIRIUS, ['malformed'])).code).toBe(108);
    expect((await faultOf(ROOT, 'SetLoans', SIRIUS, ['malformed'])).code).toBe(102);
  });

  test('111: nothing can be said of any sliver before db-service has been heard', async () => {
    node.position = { state: 'waiting' };
    for (const [method, ...params] of [['GetRSpec', SIRIUS], ['DumpDatabase']] as const) {
      const { code, text } = await faultOf(ROOT, method, ...params);
      expect([code, text]).toEqual([111, expect.stringContaining('db-service')]);
    }
    expect(await resultOf(NOBODY, 'Help')).toContain('GetRSpec');
    expect((await faultOf(ROOT, 'GetRSpec')).code).toBe(101);
  });
});

describe('who may call', () => {
  test('a sliver itself and root may do everything to it', async () => {
    for (const method of ['CreateSliver', 'DeleteSliver', 'Start', 'Stop']) {
      expect(await resultOf(ROOT, method, SIRIUS)).toBe(1);
      expect(await resultOf(SIRIUS_ITSELF, method, SIRIUS)).toBe(1);
    }
    expect(node.made.map(({ change, caller }) => [change.act, caller]).slice(-2)).toEqual([
      ['stop', 'root'],
      ['stop', 'sliver princeton_sirius'],
    ]);
  });

  test('a caller named in the delegations may call that method on that sliver and no other', async () => {
    expect(await resultOf(SNOOPER, 'GetRSpec', SIRIUS)).toMatchObject({ nm_cpu_share: 32 });
    expect((await faultOf(SNOOPER, 'GetLoans', SIRIUS)).code).toBe(108);
    expect((await faultOf(SNOOPER, 'GetRSpec', EISENTEST)).code).toBe(108);
  });

  test('another sliver, and nobody, may not; the fault says who was asking', async () => {
    expect(await faultOf(EISENTEST_ITSELF, 'Stop', SIRIUS)).toEqual({
      code: 108,
      text: 'sliver princeton_eisentest may not call Stop on princeton_sirius',
    });
    expect((await faultOf(NOBODY, 'GetRSpec', SIRIUS)).text).toBe(
      'uid 1000 may not call GetRSpec on princeton_sirius (it is no account of ours)',
    );
    expect(node.made).toEqual([]);
  });

  test('DumpDatabase is for root', async () => {
    expect((await faultOf(SIRIUS_ITSELF, 'DumpDatabase')).code).toBe(108);
    expect((await faultOf(ROOT, 'DumpDatabase')).code).toBe(0);
  });
});

describe('SetLoans', () => {
  test('replaces the list, which the next read shows', async () => {
    expect(await resultOf(SIRIUS_ITSELF, 'SetLoans', SIRIUS, [LOAN])).toBe(1);
    expect(await resultOf(SIRIUS_ITSELF, 'GetLoans', SIRIUS)).toEqual([LOAN]);
    expect(await resultOf(SIRIUS_ITSELF, 'SetLoans', SIRIUS, [])).toBe(1);
    expect(await resultOf(SIRIUS_ITSELF, 'GetLoans', SIRIUS)).toEqual([]);
  });

  test('called by a sliver, a triple or a list of triples alone means its own', async () => {
    expect(await resultOf(SIRIUS_ITSELF, 'SetLoans', LOAN)).toBe(1);
    expect(await resultOf(SIRIUS_ITSELF, 'GetLoans', SIRIUS)).toEqual([LOAN]);
    expect(await resultOf(SIRIUS_ITSELF, 'SetLoans', [LOAN, LOAN])).toBe(1);
    expect(await resultOf(SIRIUS_ITSELF, 'GetLoans', SIRIUS)).toEqual([LOAN, LOAN]);
    expect(await resultOf(SIRIUS_ITSELF, 'SetLoans', [])).toBe(1);
    expect(await resultOf(SIRIUS_ITSELF, 'GetLoans', SIRIUS)).toEqual([]);
    expect((await faultOf(SIRIUS_ITSELF, 'SetLoans', 'x')).code).toBe(102);
  });

  test('takes loans that do not count now: they are ignored until they do', async () => {
    const loans = [
      ['no_such', 'nm_cpu_share', 1],
      ['princeton_eisentest', 'nm_cpu_share', 2 ** 50],
      ['site_later', 'nm_net_share', 1],
    ];
    expect(await resultOf(ROOT, 'SetLoans', SIRIUS, loans)).toBe(1);
    expect(await resultOf(ROOT, 'GetLoans', SIRIUS)).toEqual(loans);
  });

  test.each<[XmlRpcValue[], string]>([
    [[SIRIUS, 'nm_cpu_share', 1], 'recipient is the lender itself'],
    [['sirius', 'nm_cpu_share', 1], 'recipient is no name that a slice can have'],
    [['princeton_eisentest', 'nm_disk_quota', 1], 'resource cannot be lent'],
    [['princeton_eisentest', 'nm_cpu_share', -1], 'amount is not positive'],
    [['', '', 0], 'recipient is no name that a slice can have'],
  ])(
    'refuses a list of which one loan, %j, can never count, and changes nothing: %s',
    async (loan, why) => {
      await call(ROOT, 'SetLoans', SIRIUS, [LOAN]);
      const { code, text } = await faultOf(SIRIUS_ITSELF, 'SetLoans', [LOAN, LOAN, loan]);
      expect(code).toBe(102);
      expect(text).toContain(
        `entry 3 of the loans, ${JSON.stringify(loan)}, can never count: ${why}`,
      );
      expect(node.made).toHaveLength(1);
      expect(await resultOf(ROOT, 'GetLoans', SIRIUS)).toEqual([LOAN]);
    },
  );

  test.each<[XmlRpcValue[], string]>([
    [[LOAN, 'x'], 'entry 2 is not a list'],
    [[['a', 'b']], 'entry 1 has 2 fields, not 3'],
    [[['a', 'b', 1, 2]], 'entry 1 has 4 fields, not 3'],
    [[LOAN, LOAN, [1, 'b', 1]], 'the recipient of entry 3 is not a string'],
    [[['a', null, 1]], 'the resource of entry 1 is not a string'],
    [[['a', 'b', '1']], 'the amount of entry 1 is not an integer'],
    [[['a', 'b', 1.5]], 'the amount of entry 1 is not an integer'],
    [[['a', 'b', true]], 'the amount of entry 1 is not an integer'],
    [[['a'.repeat(65), 'b', 1]], 'the recipient of entry 1 is longer than 64 characters'],
    [new Array(MAX_LOANS + 1).fill(LOAN), `${MAX_LOANS + 1} entries, more than the ${MAX_LOANS}`],
  ])('refuses malformed loans and names the entry: %j', async (loans, reason) => {
    const { code, text } = await faultOf(ROOT, 'SetLoans', SIRIUS, loans);
    expect([code, text]).toEqual([102, expect.stringContaining(`malformed loans: ${reason}`)]);
    expect(node.made).toEqual([]);
  });
});

describe('documentation comes from the table', () => {
  test('Help has every method', async () => {
    const help = await resultOf(NOBODY, 'Help');
    for (const name of makeMethodTable().keys()) expect(help).toContain(`\n${name}(`);
  });

  test('the system methods list, describe and give signatures', async () => {
    expect(await resultOf(NOBODY, 'system.listMethods')).toEqual([...makeMethodTable().keys()]);
    expect(await resultOf(NOBODY, 'system.methodHelp', 'Stop')).toContain('Stop(sliver)\n');
    expect(await resultOf(NOBODY, 'system.methodSignature', 'SetLoans')).toEqual([
      ['int', 'string', 'array'],
      ['int', 'array'],
    ]);
    expect((await faultOf(NOBODY, 'system.methodHelp', 'Nope')).code).toBe(100);
  });
});

describe('system.multicall', () => {
  const one = (methodName: string, ...params: readonly XmlRpcValue[]) => ({ methodName, params });

  test('makes the calls in order, each with its own result or fault', async () => {
    const calls = [
      one('SetLoans', SIRIUS, [LOAN]),
      one('GetLoans', SIRIUS),
      one('Nope'),
      one('system.multicall', []),
      'garbage',
      { methodName: 'system.listMethods' },
    ];
    expect(await resultOf(ROOT, 'system.multicall', calls)).toEqual([
      [1],
      [[LOAN]],
      { faultCode: 100, faultString: expect.stringContaining('no such method') },
      { faultCode: 102, faultString: expect.stringContaining('within itself') },
      { faultCode: 102, faultString: expect.stringContaining('call 5 is not a struct') },
      [[...makeMethodTable().keys()]],
    ]);
    expect(logged.filter(({ method }) => method === 'GetLoans')).toHaveLength(1);
  });

  test('the rights are those of the caller, not more', async () => {
    expect(await resultOf(NOBODY, 'system.multicall', [one('DumpDatabase')])).toMatchObject([
      { faultCode: 108 },
    ]);
  });

  test('is bounded in number and in time', async () => {
    const many = new Array(101).fill(one('Help'));
    expect((await faultOf(ROOT, 'system.multicall', many)).code).toBe(102);
    node.make = async () => {
      clock += 15_000;
    };
    const slow = new Array(4).fill(one('Stop', SIRIUS));
    expect(await resultOf(ROOT, 'system.multicall', slow)).toMatchObject([
      [1],
      [1],
      { faultCode: 111 },
      { faultCode: 111 },
    ]);
  });
});

describe('a multicall that asks for much', () => {
  const FAT = Array.from({ length: MAX_LOANS }, (): [string, string, number] => [
    `site_${'x'.repeat(27)}`,
    'nm_cpu_guaranteed_share',
    Number.MAX_SAFE_INTEGER,
  ]);
  const call100 = (methodName: string) => new Array(100).fill({ methodName, params: [SIRIUS] });

  test('is answered up to 2 MiB: the call that does not fit says so, and the rest is not begun', async () => {
    await call(ROOT, 'SetLoans', SIRIUS, FAT);
    const calls = [...call100('GetLoans'), { methodName: 'Stop', params: [SIRIUS] }].slice(1);
    const answers = await resultOf(ROOT, 'system.multicall', calls);
    const size = encodeResponse(answers).length;
    expect([size > 1 << 20, size < (2 << 20) + 100_000]).toEqual([true, true]);
    const texts = Array.isArray(answers) ? answers.map((entry) => Object(entry).faultString) : [];
    const first = texts.findIndex((text) => text !== undefined);
    expect(texts[first]).toContain('made, but its answer does not fit in the 2097152 bytes');
    expect(new Set(texts.slice(first + 1))).toEqual(
      new Set(['not begun: the answers before it fill the 2097152 bytes of a multicall']),
    );
    expect(node.made.map(({ change }) => change.act)).toEqual(['set_loans']);
  });

  test('waits for those of its caller that came before, but neither in a crowd nor for ever', async () => {
    let release: (() => void) | undefined;
    node.make = () => new Promise<void>((resolve) => (release = resolve));
    const stop = [{ methodName: 'Stop', params: [SIRIUS] }];
    const first = call(ROOT, 'system.multicall', stop);
    const waiting = Array.from({ length: 32 }, () => resultOf(ROOT, 'system.multicall', []));
    expect(await faultOf(ROOT, 'system.multicall', [])).toEqual({
      code: 111,
      text: '32 multicalls of the same caller are waiting',
    });
    expect(await resultOf(SIRIUS_ITSELF, 'system.multicall', [])).toEqual([]);
    await expect.poll(() => release).toBeDefined();
    clock += 20_001;
    release?.();
    await first;
    const late = { code: 111, text: 'not begun in 20 s: others were waiting' };
    expect(await Promise.all(waiting)).toEqual(new Array(32).fill(late));
  });

  test('of an ordinary user waits for no other’s, and of those of a range two at once are made', async () => {
    const releases: (() => void)[] = [];
    node.deliver = () =>
      new Promise((resolve) => {
        releases.push(() =>
          resolve({ revision: revision(2), sliver: EISENTEST, outcome: 'created' }),
        );
      });
    const user = (uid: number): Caller => ({ ...NOBODY, uid: hostUid(uid) });
    const ticket = [{ methodName: 'Ticket', params: [GOOD_TICKET] }];
    const range = Array.from({ length: 20 }, (_, at) => user(131_062 + at));
    const greedy = [NOBODY, ...range].map((caller) => call(caller, 'system.multicall', ticket));
    await expect.poll(() => releases.length).toBe(3);
    expect(await resultOf(user(1001), 'system.multicall', [])).toEqual([]);
    expect(releases).toHaveLength(3);
    node.deliver = async () => ({ revision: revision(2), sliver: EISENTEST, outcome: 'created' });
    for (const release of releases) release();
    expect(await Promise.all(greedy)).toHaveLength(21);
  });

  test("lets others' calls be answered between its own, and is made alone of its caller's", async () => {
    let ended = 0;
    const asked = Array.from({ length: 3 }, async () => {
      await call(SIRIUS_ITSELF, 'system.multicall', call100('GetRSpec'));
      ended += 1;
    });
    const progress: number[] = [];
    while (ended < 3) {
      await new Promise(setImmediate);
      progress.push(logged.filter(({ method }) => method === 'GetRSpec').length);
    }
    await Promise.all(asked);
    const steps = progress.map((made, at) => made - (progress[at - 1] ?? 0));
    expect(Math.max(...steps)).toBeLessThanOrEqual(2);
  });
});

describe("the calls of PLC 4's clients", () => {
  test('Create and Destroy are CreateSliver and DeleteSliver, and ReCreate is a change of its own', async () => {
    for (const method of ['Create', 'Destroy', 'ReCreate']) {
      expect(await resultOf(SIRIUS_ITSELF, method, SIRIUS)).toBe(1);
    }
    expect(node.made.map(({ change }) => change.act)).toEqual([
      'create_sliver',
      'delete_sliver',
      'recreate',
    ]);
  });

  test.each([
    ['CreateSliver', 'Create'],
    ['Destroy', 'DeleteSliver'],
  ])('who is delegated %s may call %s, which is the same', async (delegated, called) => {
    const key = recordKeyOf('sliver', SIRIUS);
    node.items.set(key, aSliver(SIRIUS, { delegations: [['del_snoop', delegated]] }));
    expect(await resultOf(SNOOPER, called, SIRIUS)).toBe(1);
    expect((await faultOf(SNOOPER, 'ReCreate', SIRIUS)).code).toBe(108);
  });

  test('GetXIDs tells everybody the user ids of slivers', async () => {
    expect(await resultOf(NOBODY, 'GetXIDs')).toEqual({
      princeton_sirius: 30_000,
      princeton_eisentest: 30_001,
    });
  });

  test('GetSSHKeys tells root the keys of slivers, and nobody else', async () => {
    expect(await resultOf(ROOT, 'GetSSHKeys')).toEqual({
      princeton_sirius: '',
      princeton_eisentest: '',
    });
    for (const caller of [SIRIUS_ITSELF, SNOOPER, NOBODY]) {
      expect((await faultOf(caller, 'GetSSHKeys')).code).toBe(108);
    }
  });

  test('GetRecord has the record as DumpDatabase shows it, for the sliver and those that it delegates it to', async () => {
    await call(ROOT, 'SetLoans', SIRIUS, [LOAN]);
    const dump = JSON.parse(String(await resultOf(ROOT, 'DumpDatabase')));
    expect(await resultOf(SIRIUS_ITSELF, 'GetRecord', SIRIUS)).toEqual(dump[`sliver_${SIRIUS}`]);
    for (const caller of [EISENTEST_ITSELF, SNOOPER, NOBODY]) {
      expect((await faultOf(caller, 'GetRecord', SIRIUS)).code).toBe(108);
    }
  });

  test('GetUsage has what the agents count, and is fault 111 with their words when they do not', async () => {
    node.usage.set(SIRIUS, { cpu_ms: 8_000_000_000, tasks: 3 });
    const now = { cpu_ms: 8_000_000_000, tasks: 3 };
    expect(await resultOf(SIRIUS_ITSELF, 'GetUsage', SIRIUS)).toEqual(now);
    node.days.set(SIRIUS, [{ day: '2026-05-01', amounts: { cpu_ms: 9, sent_bytes: 2 ** 40 } }]);
    expect(await resultOf(SIRIUS_ITSELF, 'GetUsage', SIRIUS)).toEqual({
      ...now,
      days: [{ day: '2026-05-01', cpu_ms: 9, sent_bytes: 2 ** 40 }],
    });
    expect((await faultOf(EISENTEST_ITSELF, 'GetUsage', SIRIUS)).code).toBe(108);
    node.failing = new Fault('unavailable', 'bwcap-agent has not answered');
    expect(await faultOf(ROOT, 'GetUsage', SIRIUS)).toEqual({
      code: 111,
      text: 'bwcap-agent has not answered',
    });
  });

  test('Help says in which units amounts are, for clients that count in others', async () => {
    expect(await resultOf(NOBODY, 'Help')).toMatch(
      /rates in bits a second \(PLC 4's were in kbit\/s\)/,
    );
    expect(await resultOf(NOBODY, 'system.methodHelp', 'SetLoans')).toContain(
      'rates in bits a second',
    );
  });
});

test('DumpDatabase has every record, vouched for as late as its source last was', async () => {
  await call(ROOT, 'SetLoans', SIRIUS, [LOAN]);
  // A removed account has no record any more.
  node.items.set(recordKeyOf('sliver', accountName('gone_one')), {
    kind: 'removal',
    reason: 'document',
    removed_at: epochSeconds(1),
  });
  const dump = JSON.parse(String(await resultOf(ROOT, 'DumpDatabase')));
  expect(Object.keys(dump)).toEqual([
    'bwcap',
    'delegate_del_snoop',
    'sliver_princeton_eisentest',
    'sliver_princeton_sirius',
    'timestamp',
  ]);
  expect(dump.sliver_princeton_sirius).toMatchObject({
    record_key: 'sliver_princeton_sirius',
    timestamp: 1_700_000_600,
    source: 'plc',
    loans: [LOAN],
    stopped: false,
    created: false,
    starts: 0,
    recreated: 0,
    leased_until: 0,
  });
  expect(dump.bwcap).toMatchObject({ cap: 1_000_000, timestamp: 5, source: 'config' });
});

describe('when something fails', () => {
  test('a write that db-service does not answer is fault 111 with its words', async () => {
    node.failing = new Fault('unavailable', 'db-service has not answered');
    expect(await faultOf(ROOT, 'Start', SIRIUS)).toEqual({
      code: 111,
      text: 'db-service has not answered',
    });
  });

  test('a defect of ours is fault 111, told in the log and not to the caller', async () => {
    node.failing = new TypeError('undefined is not a function');
    const { code, text } = await faultOf(ROOT, 'Start', SIRIUS);
    expect(code).toBe(111);
    expect(text).not.toContain('undefined');
    expect(logged[0]).toMatchObject({ err: { kind: 'internal', cause: node.failing } });
  });
});

test('a line of the log names up to 20 loans, and says how many there are when there are more', async () => {
  await call(ROOT, 'SetLoans', SIRIUS, new Array(20).fill(LOAN));
  await call(ROOT, 'SetLoans', SIRIUS, new Array(21).fill(LOAN));
  const twenty = new Array(20).fill(LOAN);
  expect(logged[0]).toMatchObject({ loans: twenty });
  expect(logged[0]).not.toHaveProperty('loans_in_all');
  expect(logged[1]).toMatchObject({ loans: twenty, loans_in_all: 21 });
});

test('every call is one line in the log: who, what, on whom, how it ended, how long', async () => {
  await call(SIRIUS_ITSELF, 'SetLoans', SIRIUS, [LOAN]);
  await call(NOBODY, 'Stop', SIRIUS);
  await call(UNNAMED, 'Help');
  expect(logged).toEqual([
    {
      msg: 'call',
      caller: 'sliver princeton_sirius',
      uid: 30_000,
      method: 'SetLoans',
      target: 'princeton_sirius',
      loans: [LOAN],
      ms: 0,
    },
    {
      msg: 'call',
      caller: 'uid 1000',
      uid: 1000,
      method: 'Stop',
      target: 'princeton_sirius',
      fault: 108,
      reason: expect.stringContaining('may not call'),
      ms: 0,
    },
    {
      msg: 'call',
      caller: 'nobody',
      why: 'its end of the connection has no owner',
      method: 'Help',
      ms: 0,
    },
  ]);
  expect([dispatcher.calls, dispatcher.faults]).toEqual([3, 1]);
});

describe('Ticket', () => {
  test.each([
    ['text', GOOD_TICKET],
    ['the bytes of a file', Buffer.from(GOOD_TICKET)],
  ])('takes %s from anybody, and answers with the sliver’s name', async (_what, ticket) => {
    expect(await resultOf(NOBODY, 'Ticket', ticket)).toBe(EISENTEST);
    expect(node.delivered).toEqual([{ ticket: GOOD_TICKET, caller: 'uid 1000' }]);
  });

  test('is logged by its sliver and what came of it, and nothing of the ticket itself', async () => {
    await call(NOBODY, 'Ticket', GOOD_TICKET);
    await call(NOBODY, 'Ticket', '<ticket>secret</ticket>');
    expect(logged).toMatchObject([
      { caller: 'uid 1000', method: 'Ticket', target: EISENTEST, outcome: 'created' },
      {
        caller: 'uid 1000',
        method: 'Ticket',
        fault: 108,
        reason: expect.stringMatching(/no trusted key/),
      },
    ]);
    expect(JSON.stringify(logged)).not.toMatch(/<ticket|€|secret/);
  });

  test.each([
    ['an integer', 5, 'ticket wants string or base64, got int'],
    ['nothing', '', 'the ticket is refused: it is empty'],
    ['bytes that are no text', Buffer.from([0xff]), 'the ticket is refused: it is not UTF-8'],
    ['too much', '€'.repeat(100_000), /it has 300000 bytes; at most 262144 are read/],
  ])('refuses %s before db-service hears of it', async (_what, ticket, why) => {
    expect(await faultOf(NOBODY, 'Ticket', ticket)).toMatchObject({
      code: 102,
      text: typeof why === 'string' ? why : expect.stringMatching(why),
    });
    expect(node.delivered).toEqual([]);
  });

  test('has a signature for each type that it takes', async () => {
    expect(await resultOf(NOBODY, 'system.methodSignature', 'Ticket')).toEqual([
      ['string', 'string'],
      ['string', 'base64'],
    ]);
  });
});
