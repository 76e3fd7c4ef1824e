/** A delegate's ways in, against the real daemons: ssh by itself, `nmctl --via`, Python; and what the log says. */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { join, resolve } from 'node:path';
import { gatewayOperatorContract } from '@nodemgr/contracts';
import { needs, skipUnless } from '@nodemgr/testkit';
import { decodeResponse, encodeCall, type XmlRpcValue } from '@nodemgr/xml-rpc';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { AUDIT_COMMAND } from '../tools/package/src/api-words.ts';
import { auditLine } from '../tools/package/src/render-man-api.ts';
import { DemoNode } from './support/demo-node.ts';
import { aDocument } from './support/slices-document.ts';
import { type Ended, run, SshStandIn } from './support/ssh-stand-in.ts';

const SLIVER = 'princeton_sirius';
const BORROWER = 'princeton_eisentest';
const BIG = 5_000_000_000;
const LIMIT = 64 << 10;
const VIA = ['--via', 'ssh://del_snoop@node'] as const;
const root = needs('root');

let node: DemoNode;
let ssh: SshStandIn;

function uidOf(name: string): number {
  const passwd = readFileSync(join(node.state, 'machine/etc/passwd'), 'utf8');
  return Number(new RegExp(`^${name}:[^:]*:(\\d+):`, 'm').exec(passwd)?.[1]);
}

beforeAll(async () => {
  // The gateway's own limit is then below that of the delegate's shell.
  vi.stubEnv('NODEMGR_API__MAX_BODY_BYTES', String(LIMIT));
  node = await DemoNode.start({
    slices: aDocument({ name: SLIVER, rspec: { nm_net_max_rate: BIG } }, { name: BORROWER }),
  });
  vi.unstubAllEnvs();
  ssh = new SshStandIn(node.apiSocket, root.missing ? undefined : uidOf('del_snoop'));
});

afterAll(async () => {
  ssh.remove();
  await node.destroy();
});

/** The command lines of all processes (proc(5)), read without procps, which is not everywhere. */
const commandLines = (): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return []; // It has ended since.
      }
    });

const call = (method: string, ...params: readonly XmlRpcValue[]) => encodeCall(method, params);
const answerOf = ({ stdout }: Ended) => decodeResponse(Buffer.from(stdout));

describe('ssh del_snoop@node < request.xml', () => {
  test('writes the answer and nothing else', async () => {
    const ended = await ssh.request(call('GetRSpec', SLIVER));
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(answerOf(ended)).toMatchObject({
      kind: 'value',
      value: { nm_cpu_share: 32, nm_net_max_rate: BIG },
    });
  });

  test('writes a fault of the API as the answer that it is, with status 0', async () => {
    const ended = await ssh.request(call('GetRSpec', 'no_such'));
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(answerOf(ended)).toMatchObject({ kind: 'fault', code: 102 });
    expect(answerOf(await ssh.request('hello'))).toMatchObject({ kind: 'fault', code: -32_700 });
  });

  test.skipIf(root.missing)(
    `is the delegate, who may do what it was delegated${root.note}`,
    async () => {
      const { text } = { text: '', ...answerOf(await ssh.request(call('Stop', SLIVER))) };
      expect(text).toBe(`delegate del_snoop may not call Stop on ${SLIVER}`);
    },
  );

  test('a request over 1 MiB is refused before the gateway hears of it', async () => {
    const calls = async () =>
      (await node.ask('api-gateway', gatewayOperatorContract, 'status')).detail.calls;
    const before = await calls();
    const ended = await ssh.request(call('GetRSpec', 'x'.repeat(1 << 20)));
    expect(ended).toMatchObject({
      code: 1,
      stderr: 'forward_api_calls: the request is bigger than 1048576 bytes\n',
    });
    expect(answerOf(ended)).toMatchObject({ kind: 'fault', code: 111 });
    expect(await calls()).toBe(before);
  });

  test('a request over the limit of the gateway is a fault that names its status', async () => {
    const ended = await ssh.request(call('GetRSpec', 'x'.repeat(2 * LIMIT)));
    expect(ended.code).toBe(1);
    expect(answerOf(ended)).toMatchObject({
      code: 111,
      text: expect.stringMatching(/^the API answered with status 413 /),
    });
  });
});

/** The delegate's shell against a server that does as it is told. */
async function askServer(answer: RequestListener): Promise<Ended> {
  const path = join(ssh.folder, 'other.sock');
  const server = createServer(answer).listen(path);
  onTestFinished(() => void server.close());
  return run([ssh.shell, '--socket', path], { input: call('Help') });
}

describe('the gateway as the delegate’s shell sees it', () => {
  test('too busy (503) is a fault that says so', async () => {
    const ended = await askServer((request, response) => {
      request.resume();
      response.writeHead(503).end('full');
    });
    expect(ended.code).toBe(1);
    expect(answerOf(ended)).toMatchObject({
      code: 111,
      text: 'the API answered with status 503 Service Unavailable',
    });
  });

  test('it is asked for no compression', async () => {
    let asked: object = {};
    await askServer((request, response) => {
      asked = request.headers;
      response.end('<answer/>');
    });
    expect(asked).toHaveProperty('content-type', 'text/xml');
    expect(asked).not.toHaveProperty('accept-encoding');
    expect(asked).not.toHaveProperty('te');
  });
});

describe('nmctl --via', () => {
  test('calls without any configuration, and prints as a call on the node does', async () => {
    const { code, stdout, stderr } = await ssh.nmctl(...VIA, '--json', 'call', 'GetRSpec', SLIVER);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe((await node.nmctl('--json', 'call', 'GetRSpec', SLIVER)).stdout);
    expect(ssh.lastArguments).toEqual([
      ...['-T', '-a', '-x', '-o', 'ClearAllForwardings=yes', '-o', 'RemoteCommand=none'],
      ...['--', 'del_snoop@node', 'forward_api_calls'],
    ]);
  });

  test('takes a port, and an IPv6 address', async () => {
    const url = 'ssh://del_snoop@[::1]:2222';
    expect((await ssh.nmctl('--via', url, 'call', 'Help')).code).toBe(0);
    expect(ssh.lastArguments?.slice(-5)).toEqual([
      ...['-p', '2222', '--', 'del_snoop@::1', 'forward_api_calls'],
    ]);
  });

  test('exits 4 on a fault', async () => {
    expect(await ssh.nmctl(...VIA, 'call', 'GetRSpec', 'no_such')).toMatchObject({
      code: 4,
      stdout: '',
      stderr: "nmctl: fault 102: no such sliver: 'no_such'\n",
    });
  });

  test('exits 3 with the words of ssh when it does not get there', async () => {
    const url = 'ssh://del_snoop@unreachable';
    expect(await ssh.nmctl('--via', url, 'call', 'Help')).toMatchObject({
      code: 3,
      stdout: '',
      stderr:
        'nmctl: del_snoop@unreachable: ssh: connect to host unreachable port 22: Connection refused\n',
    });
  });

  test('exits 3 when the time is over, and leaves no ssh behind', async () => {
    const url = 'ssh://del_snoop@silent';
    const { code, stderr } = await ssh.nmctl('--via', url, 'call', '--timeout', '2', 'Help');
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: 'nmctl: del_snoop@silent: no answer in 2000 ms\n',
    });
    const program = join(ssh.folder, 'ssh');
    expect(commandLines().filter((line) => line.includes(program))).toEqual([]);
  });

  test('exits 3 where the account takes commands, and has none carried out', async () => {
    const { code, stdout, stderr } = await ssh.nmctl('--via', 'ssh://me@person', 'call', 'Help');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain("me@person: that account is no delegate's");
  });

  test('shows what the node’s banner says, harmlessly, beside the answer', async () => {
    const { code, stdout, stderr } = await ssh.nmctl(
      '--via',
      'ssh://del_snoop@banner',
      'call',
      'Help',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('GetRSpec(sliver)');
    expect(stderr).toBe('You are \\x1b[1mwelcome\\x1b[0m.\n');
  });
});

describe('examples/delegate.py', () => {
  const delegate = (...words: readonly string[]) =>
    ssh.run('python3', resolve('examples/delegate.py'), ...words);

  test('prints the result of a call, integers over 31 bits included', async () => {
    const { code, stdout, stderr } = await delegate('del_snoop@node', 'GetRSpec', SLIVER);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ nm_net_max_rate: BIG });
  });

  test('says what fault there was, and what ssh said', async () => {
    expect(await delegate('del_snoop@node', 'GetRSpec', 'no_such')).toMatchObject({
      code: 4,
      stderr: "fault 102: no such sliver: 'no_such'\n",
    });
    expect(await delegate('del_snoop@unreachable', 'Help')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^del_snoop@unreachable: ssh: connect .* refused\n$/),
    });
    expect((await delegate('me@person', 'Help')).code).toBe(3);
  });
});

describe('examples/on_the_node.py', () => {
  test.each(['tcp', 'unix'])('calls over %s, and sends a large amount', async (kind) => {
    const where = kind === 'tcp' ? `http://127.0.0.1:${node.port}/RPC2` : node.apiSocket;
    const example = (...words: readonly string[]) =>
      run(['python3', resolve('examples/on_the_node.py'), where, ...words]);
    const loans = `[["${BORROWER}", "nm_net_max_rate", ${BIG - 1}.0]]`;
    expect(await example('SetLoans', SLIVER, loans)).toMatchObject({ code: 0, stdout: '1\n' });
    const { stdout } = await example('GetLoans', SLIVER);
    expect(JSON.parse(stdout)).toEqual([[BORROWER, 'nm_net_max_rate', BIG - 1]]);
    expect((await example('SetLoans', SLIVER, '[]')).code).toBe(0);
  });
});

describe('who lent what to whom, when', () => {
  const loan = [BORROWER, 'nm_cpu_share', 8];
  const caller = root.missing ? 'root' : `sliver ${SLIVER}`;

  beforeAll(async () => {
    const api = node.unix(root.missing ? undefined : uidOf(SLIVER));
    expect(await api.call('SetLoans', SLIVER, [loan])).toBe(1);
    await ssh.request(call('SetLoans', SLIVER, []));
  });

  test('is answered by the documented command on the log of the gateway', async (context) => {
    skipUnless(context, 'jq');
    const log = join(node.state, 'log/api-gateway.log');
    const time = '2026-11-18T11:06:40Z';
    const lent = { time, caller, target: SLIVER, loans: [loan], fault: null };
    const refused = { caller: 'delegate del_snoop', target: SLIVER, loans: null, fault: 108 };
    // Lines of the log are written together, some milliseconds after what they tell of.
    await node.eventually(async () => {
      // The journal has lines of systemd's between ours.
      const input = [
        'Started nodemgr-api-gateway.service.',
        ...readFileSync(log, 'utf8').split('\n'),
      ]
        .map((MESSAGE) => JSON.stringify({ __REALTIME_TIMESTAMP: '1795000000123456', MESSAGE }))
        .join('\n');
      const { stdout, stderr } = await run(['jq', '-c', AUDIT_COMMAND.filter], { input });
      expect(stderr).toBe('');
      const told = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const wanted = root.missing ? [lent] : [lent, { time, ...refused }];
      expect(told).toEqual(expect.arrayContaining(wanted));
    });
  });

  test('is documented in the README as in nodemgr-api(7)', () => {
    expect(readFileSync('README.md', 'utf8').includes(`\n${auditLine()}\n`)).toBe(true);
  });

  test('is in the history of the lender and of the borrower', async () => {
    const lender = (await node.nmctl('events', SLIVER)).stdout;
    expect(lender).toMatch(
      new RegExp(`loans-set +api-caller ${caller} +lends 8 nm_cpu_share to ${BORROWER}`),
    );
    const borrower = (await node.nmctl('events', BORROWER)).stdout;
    expect(borrower).toMatch(new RegExp(`api-caller ${caller} .*\\(${SLIVER} lends 8\\)`));
  });
});

describe('while the gateway is away', () => {
  beforeAll(async () => {
    await node.end();
  });

  test('ssh by itself answers with a fault that says so, and status 1', async () => {
    const ended = await ssh.request(call('Help'));
    expect(ended.code).toBe(1);
    expect(answerOf(ended)).toMatchObject({
      code: 111,
      text: expect.stringContaining('cannot connect to the API at'),
    });
  });

  test('nmctl --via exits 3, and Python gets the fault', async () => {
    const { code, stderr } = await ssh.nmctl(...VIA, 'call', 'Help');
    expect(code).toBe(3);
    expect(stderr).toContain('del_snoop@node: forward_api_calls: cannot connect to the API at');
    const python = await ssh.run('python3', resolve('examples/delegate.py'), 'a@node', 'Help');
    expect(python).toMatchObject({ code: 4, stderr: expect.stringContaining('fault 111: ') });
  });
});
