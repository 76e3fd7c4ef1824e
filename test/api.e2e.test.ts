/** The XML-RPC API as strangers meet it: Python's client, raw sockets, and bad intentions. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gatewayOperatorContract } from '@nodemgr/contracts';
import { DEFAULT_RSPEC } from '@nodemgr/records';
import { needs } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoNode } from './support/demo-node.ts';
import { aDocument } from './support/slices-document.ts';

const LENDER = 'princeton_sirius';
const BORROWER = 'princeton_eisentest';
const BIG = 5_000_000_000;
let node: DemoNode;

beforeAll(async () => {
  node = await DemoNode.start({
    slices: aDocument(
      {
        name: LENDER,
        id: 12,
        rspec: { nm_cpu_guaranteed_share: 200, nm_net_max_rate: BIG, odd: 3 },
      },
      { name: BORROWER },
      { name: 'mit_dht' },
    ),
  });
});

afterAll(() => node.destroy());

describe.each(['tcp', 'unix'] as const)("Python's client on %s", (kind) => {
  const client = () => (kind === 'tcp' ? node.tcp() : node.unix());

  test('reads an RSpec, defaults, unknown resources and integers over 31 bits included', async () => {
    expect(await client().call('GetRSpec', LENDER)).toEqual({
      ...DEFAULT_RSPEC,
      nm_cpu_guaranteed_share: 200,
      nm_net_max_rate: BIG,
      odd: 3,
    });
  });

  test('sets loans and sees them in its next read', async () => {
    const api = client();
    const loans = [[BORROWER, 'nm_cpu_guaranteed_share', 50]];
    expect(await api.call('SetLoans', LENDER, loans)).toBe(1);
    expect(await api.call('GetLoans', LENDER)).toEqual(loans);
    expect(await api.call('GetEffectiveRSpec', LENDER)).toHaveProperty(
      'nm_cpu_guaranteed_share',
      150,
    );
    expect(await api.call('GetEffectiveRSpec', BORROWER)).toHaveProperty(
      'nm_cpu_guaranteed_share',
      50,
    );
    expect(await api.call('GetRSpec', LENDER)).toHaveProperty('nm_cpu_guaranteed_share', 200);
    expect(await api.call('SetLoans', LENDER, [])).toBe(1);
    expect(await api.call('GetLoans', LENDER)).toEqual([]);
  });

  test('sees every method in Help, system.listMethods and system.methodHelp', async () => {
    const api = client();
    const help = (await api.call('Help')) as string;
    const methods = (await api.call('system.listMethods')) as string[];
    const documented = ['Help', 'CreateSliver', 'DeleteSliver', 'Start', 'Stop', 'GetRSpec'];
    documented.push('GetEffectiveRSpec', 'GetLoans', 'SetLoans', 'DumpDatabase');
    documented.push('Create', 'Destroy', 'ReCreate', 'GetRecord', 'GetUsage', 'GetXIDs');
    for (const method of documented) {
      expect(methods).toContain(method);
      expect(help).toContain(method);
      expect(await api.call('system.methodHelp', method)).not.toBe('');
      expect(await api.call('system.methodSignature', method)).toBeInstanceOf(Array);
    }
  });

  test('gets the fault that the API documents for each mistake', async () => {
    const api = client();
    const [code, text] = await api.faultOf('NoSuchMethod');
    expect([code, text]).toEqual([100, expect.stringContaining('GetRSpec')]);
    expect((await api.faultOf('GetRSpec'))[0]).toBe(101);
    expect((await api.faultOf('GetRSpec', LENDER, 1))[0]).toBe(101);
    expect((await api.faultOf('GetRSpec', 'no_such'))[0]).toBe(102);
    expect((await api.faultOf('GetRSpec', 12))[0]).toBe(102);
    for (const loans of [
      'x',
      [[BORROWER, 'nm_cpu_share']],
      [[BORROWER, 'nm_cpu_share', '5']],
      {},
      [
        [BORROWER, 'nm_cpu_share', 5],
        [LENDER, 'nm_cpu_share', 5],
      ],
      [[BORROWER, 'nm_disk_quota', 5]],
      [[BORROWER, 'nm_cpu_share', 0]],
    ]) {
      expect((await api.faultOf('SetLoans', LENDER, loans))[0]).toBe(102);
    }
    expect(await api.call('GetLoans', LENDER)).toEqual([]);
  });

  test('makes several calls in one, each with its own result or fault', async () => {
    const answer = await client().call('system.multicall', [
      { methodName: 'GetLoans', params: [LENDER] },
      { methodName: 'GetLoans', params: ['no_such'] },
    ]);
    expect(answer).toEqual([[[]], expect.objectContaining({ faultCode: 102 })]);
  });

  test('stops and starts a sliver; it is remembered', async () => {
    const api = client();
    expect(await api.call('Stop', 'mit_dht')).toBe(1);
    await node.eventually(async () =>
      expect((await node.nmctl('slivers')).stdout).toMatch(/mit_dht +stopped/),
    );
    expect(await api.call('Start', 'mit_dht')).toBe(1);
    await node.eventually(async () =>
      expect((await node.nmctl('slivers')).stdout).toMatch(/mit_dht +running/),
    );
  });

  test('CreateSliver and DeleteSliver do nothing to a sliver that PLC has instantiated', async () => {
    const api = client();
    expect(await api.call('CreateSliver', BORROWER)).toBe(1);
    expect(await api.call('DeleteSliver', BORROWER)).toBe(1);
    expect(await api.call('GetRSpec', BORROWER)).toHaveProperty('nm_enabled', 1);
  });

  test('DumpDatabase gives root every record, as JSON', async () => {
    const dump = JSON.parse((await client().call('DumpDatabase')) as string) as object;
    expect(Object.keys(dump)).toEqual(
      expect.arrayContaining([`sliver_${LENDER}`, 'delegate_del_snoop', 'bwcap', 'timestamp']),
    );
  });
});

/** Sends `text` as it is and returns all that comes back until the gateway closes, or `enough` says stop. */
async function raw(text: string | Buffer, enough = (_answer: string) => false): Promise<string> {
  const socket = connect(node.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
    if (enough(answer)) socket.destroy();
  });
  // A gateway that has had enough may reset the connection: that is an answer too.
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

function post(body: string): string {
  return `POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const callXml = (params: string, method = 'GetRSpec') =>
  `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${params}</params></methodCall>`;

function nested(levels: number): string {
  const open = '<array><data><value>'.repeat(levels);
  return `<param><value>${open}1${'</value></data></array>'.repeat(levels)}</value></param>`;
}

const BOMB = `<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "${'x'.repeat(100)}">${Array.from(
  { length: 9 },
  (_, n) => `<!ENTITY a${n} "${`&a${n === 0 ? '' : n - 1};`.repeat(10)}">`,
).join('')}]><methodCall><methodName>&a8;</methodName></methodCall>`;

describe('bad input', () => {
  const residentKiB = async () => {
    const pid = await node.pidOf('api-gateway');
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  };

  test.each([
    ['not XML', 'hello'],
    ['empty', ''],
    ['not XML-RPC', '<html><body/></html>'],
    ['cut off', callXml('<param><value>').slice(0, 60)],
    ['an unknown type', callXml('<param><value><thing>1</thing></value></param>')],
    ['an integer that is none', callXml('<param><value><int>one</int></value></param>')],
    ['20 levels of arrays', callXml(nested(20))],
    ['an entity bomb', BOMB],
  ])('%s is answered with fault -32700', async (_what, body) => {
    const answer = await raw(post(body));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/<(int|i4)>-32700<\/(int|i4)>/);
  });

  test('a body of 2 MiB is refused', async () => {
    const answer = await raw(post(callXml(`<param><value>${'x'.repeat(2 << 20)}</value></param>`)));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('a connection that sends a byte a second is closed within a deadline', async () => {
    const socket = connect(node.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    const text = post(callXml(''));
    let sent = 0;
    const drip = setInterval(() => socket.write(text.charAt(sent++)), 1000);
    const since = Date.now();
    await once(socket, 'close');
    clearInterval(drip);
    expect(sent).toBeLessThan(text.length);
    // The configured 10 s and the intervals at which Node.js looks for late requests.
    expect(Date.now() - since).toBeLessThan(40_000);
  }, 60_000);

  test("the gateway's memory stays flat under all of it, and it goes on answering", async () => {
    const bad = [
      post(BOMB),
      post(callXml(nested(20))),
      post('x'),
      post('y'.repeat(1 << 19)),
      'GET',
    ];
    const storm = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        await Promise.all(bad.map((text) => raw(`${text}\r\n\r\n`)));
      }
    };
    await storm(100);
    const warm = await residentKiB();
    await storm(300);
    const after = await residentKiB();
    expect(after - warm).toBeLessThan(48 * 1024);
    expect(await node.tcp().call('GetLoans', LENDER)).toEqual([]);
    const { detail } = await node.ask('api-gateway', gatewayOperatorContract, 'status');
    expect(detail.faults).toBeGreaterThan(1000);
  }, 120_000);

  test('a wrong path and a wrong verb get a right status', async () => {
    const head = 'HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
    expect(await raw(`POST /elsewhere ${head}`)).toMatch(/^HTTP\/1\.1 404 /);
    expect(await raw(`GET / ${head}`)).toMatch(/^HTTP\/1\.1 405 [\s\S]*Allow: POST/i);
  });

  test('HTTP/1.0 is spoken too', async () => {
    const body = callXml(`<param><value>${LENDER}</value></param>`);
    const answer = await raw(`POST / HTTP/1.0\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    expect(answer).toContain('nm_cpu_guaranteed_share');
  });
});

const root = needs('root');

/** Skipped with its reason in the name: becoming another user needs root. */
describe.skipIf(root.missing)(`callers are who the kernel says${root.note}`, () => {
  const fileOf = (name: string) =>
    readFileSync(join(node.state, 'machine', 'etc', name), 'utf8').split('\n');
  const passwdUid = (name: string) =>
    Number(
      fileOf('passwd')
        .find((line) => line.startsWith(`${name}:`))
        ?.split(':')[2],
    );
  const firstInRange = (name: string) =>
    Number(
      fileOf('subuid')
        .find((line) => line.startsWith(`${name}:`))
        ?.split(':')[1],
    );

  test.each(['tcp', 'unix'] as const)(
    'on %s, any id of a sliver’s range is that sliver',
    async (kind) => {
      for (const uid of [passwdUid(LENDER), firstInRange(LENDER), firstInRange(LENDER) + 65_535]) {
        const api = kind === 'unix' ? node.unix(uid) : node.tcp(uid);
        expect(await api.call('GetRSpec', LENDER)).toHaveProperty('nm_cpu_share');
        expect((await api.faultOf('GetRSpec', BORROWER))[0]).toBe(108);
        expect((await api.faultOf('DumpDatabase'))[0]).toBe(108);
        expect((await api.faultOf('Stop', BORROWER))[0]).toBe(108);
        expect(await api.call('Help')).toContain('SetLoans');
      }
    },
  );

  test('a sliver may leave its own name out of SetLoans, with one triple or a list of them', async () => {
    const api = node.tcp(firstInRange(LENDER));
    const loan = [BORROWER, 'nm_cpu_guaranteed_share', 200];
    expect(await api.call('SetLoans', loan)).toBe(1);
    expect(await api.call('GetLoans', LENDER)).toEqual([loan]);
    expect(await api.call('SetLoans', [loan, loan])).toBe(1);
    expect(await api.call('GetLoans', LENDER)).toEqual([loan, loan]);
    expect(await api.call('SetLoans', LENDER, [])).toBe(1);
  });

  test('a delegate may call what it was delegated on every sliver, and nothing else', async () => {
    for (const api of [node.tcp(passwdUid('del_snoop')), node.unix(passwdUid('del_snoop'))]) {
      expect(await api.call('GetRSpec', LENDER)).toHaveProperty('nm_cpu_share');
      expect(await api.call('GetRSpec', BORROWER)).toHaveProperty('nm_cpu_share');
      expect((await api.faultOf('SetLoans', LENDER, []))[0]).toBe(108);
      expect((await api.faultOf('Stop', LENDER))[0]).toBe(108);
    }
  });

  test('an id in nobody’s range is nobody: it may call what all may', async () => {
    for (const api of [node.tcp(54_321), node.unix(54_321)]) {
      expect(await api.call('Help')).toContain('SetLoans');
      expect((await api.faultOf('GetRSpec', LENDER))[0]).toBe(108);
    }
  });
});
