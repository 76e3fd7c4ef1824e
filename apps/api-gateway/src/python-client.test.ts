/** The API as a client sees it that nobody here wrote: Python's xmlrpc.client. */
import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { tcpPeerOwnerOf } from '@nodemgr/native';
import { nodeAccountsFrom } from '@nodemgr/node-accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identifyBySocket } from './caller/identify-caller.ts';
import { type RunningGateway, startGateway } from './test-kit/running-gateway.ts';

const PRELUDE = `
import http.client, json, socket, sys, xmlrpc.client

class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)

class UnixTransport(xmlrpc.client.Transport):
    def make_connection(self, host):
        return UnixConnection(sys.argv[1])

def fault(call, *args):
    try:
        return call(*args)
    except xmlrpc.client.Fault as e:
        return [e.faultCode, e.faultString]

if sys.argv[2] == 'unix':
    api = xmlrpc.client.ServerProxy('http://localhost/RPC2', UnixTransport(), allow_none=True)
else:
    api = xmlrpc.client.ServerProxy('http://127.0.0.1:%s/' % sys.argv[3], allow_none=True)

def show(value):
    print(json.dumps(value))
`;

describe.each(['unix', 'tcp'])("Python's xmlrpc.client over %s", (by) => {
  let running: RunningGateway;
  beforeAll(async () => {
    const accounts = nodeAccountsFrom('', '', { sliver: '/s', delegate: '/d' });
    const identify = identifyBySocket({
      tcpOwners: { ownerOf: tcpPeerOwnerOf },
      rootUids: [userInfo().uid],
      accounts: { current: async () => accounts },
    });
    running = await startGateway({}, identify);
  });
  afterAll(() => running.stop());

  async function python(program: string): Promise<unknown> {
    const args = ['-c', PRELUDE + program, running.path, by, String(running.tcp.port)];
    const { stdout } = await promisify(execFile)('python3', args);
    return JSON.parse(stdout);
  }

  test('reads and writes, several on one connection', async () => {
    const answers = await python(`
loans = [['princeton_eisentest', 'nm_cpu_share', 8], ['site_later', 'nm_net_share', float(2**40)]]
show([api.SetLoans('princeton_sirius', loans), api.GetLoans('princeton_sirius'),
      api.GetRSpec('princeton_sirius'), api.Stop('princeton_sirius')])`);
    expect(answers).toEqual([
      1,
      [
        ['princeton_eisentest', 'nm_cpu_share', 8],
        ['site_later', 'nm_net_share', 2 ** 40],
      ],
      { nm_cpu_share: 32, nm_net_max_rate: 10_000_000_000 },
      1,
    ]);
  });

  test('faults', async () => {
    const answers = await python(`
show([fault(api.Nope), fault(api.GetRSpec), fault(api.GetRSpec, 'no_such'), fault(api.GetRSpec, None),
      fault(api.SetLoans, 'princeton_sirius', [['a', 'b', 1.5]]),
      fault(api.SetLoans, 'princeton_sirius', [['gr\\u00fc\\u00df<&>', 'nm_net_share', 1]])])`);
    expect((answers as [number, string][]).map(([code]) => code)).toEqual([
      100, 101, 102, 102, 102, 102,
    ]);
    expect(JSON.stringify(answers)).toContain('grüß<&>');
  });

  test('Help, the system methods, a multicall, and the database as JSON', async () => {
    const answers = await python(`
calls = xmlrpc.client.MultiCall(api)
calls.GetLoans('princeton_eisentest')
calls.system.methodSignature('GetRSpec')
show([api.Help(), api.system.listMethods(), api.system.methodHelp('Stop'), list(calls()),
      json.loads(api.DumpDatabase())['bwcap']['cap']])`);
    expect(answers).toEqual([
      expect.stringContaining('SetLoans(sliver, loans) or SetLoans(loans)'),
      expect.arrayContaining(['Help', 'system.multicall']),
      expect.stringContaining('kills all processes of the sliver'),
      [[], [['struct', 'string']]],
      1_000_000,
    ]);
  });

  test('a request of 2 MiB ends in an error that it can show, not in a broken connection', async () => {
    const answer = await python(`
try:
    api.GetRSpec('x' * (2 << 20))
except xmlrpc.client.ProtocolError as e:
    show(e.errcode)`);
    expect(answer).toBe(413);
  });
});
