// start, stop and status as the whole command of a login: as the account, in one sentence, with a status.
import type { ChildProcess } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { peerCredentialsOf } from '@nodemgr/native';
import { encodeFault, encodeResponse } from '@nodemgr/xml-rpc';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { httpApi } from '../forward_api_calls/api-servers.ts';
import { type Account, ANode, containerNeeds, outcomeOf } from '../stand-in/a-node.ts';
import { eventually } from '../stand-in/eventually.ts';

const SIRIUS = { name: 'princeton_sirius', uid: 39_001 };
const DONE = encodeResponse(1);
const { missing, note } = containerNeeds();

/** A call as it has come, and what the kernel had of its caller then. */
interface Call {
  readonly uid: number;
  readonly body: string;
  readonly process: string;
}

async function callIn(request: IncomingMessage): Promise<Call> {
  const { uid, pid } = peerCredentialsOf(request.socket);
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const process = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { uid, body: Buffer.concat(parts).toString(), process };
}

/** How often a process has gone to sleep. */
function sleepsOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1]);
}

describe.skipIf(missing)(`a key's holder, from outside${note}`, () => {
  let node: ANode;
  beforeAll(async () => {
    node = await ANode.running(SIRIUS);
  });
  afterAll(async () => await node.dispose());

  /** An API that does `act` before it answers; returns the calls that come. */
  async function theApi(answer: string, act: () => unknown = () => {}): Promise<readonly Call[]> {
    const calls: Call[] = [];
    await httpApi(async (request, response) => {
      calls.push(await callIn(request));
      await act();
      response.setHeader('Content-Type', 'text/xml').end(answer);
    }, node.apiSocket);
    chmodSync(node.apiSocket, 0o666);
    return calls;
  }

  function setUntilTheEnd(account: Account, text?: string): void {
    node.setAccounts(account);
    if (text !== undefined) writeFileSync(node.loginNote(account.name), text);
    onTestFinished(() => {
      rmSync(node.loginNote(account.name), { force: true });
      node.setAccounts(SIRIUS);
    });
  }

  const said = async (command: string) => {
    const { status, stdout, stderr } = await node.run(SIRIUS.name, command);
    return [status, stdout, stderr];
  };
  const RUNS = [0, 'princeton_sirius runs\n', ''];

  it('learns that the sliver runs, also when the API is away', async () => {
    expect(await said('status')).toEqual(RUNS);
  });

  it('stops the sliver, and is told how it is started, once it has stopped', async () => {
    const calls = await theApi(DONE, () => node.stop(SIRIUS.name));
    expect(await said('stop')).toEqual([
      0,
      "princeton_sirius is stopped; 'ssh princeton_sirius@node start' starts it\n",
      '',
    ]);
    expect(calls).toMatchObject([{ uid: SIRIUS.uid }]);
    expect(calls[0]?.body).toBe(
      '<?xml version="1.0"?><methodCall><methodName>Stop</methodName><params><param><value>' +
        '<string>princeton_sirius</string></value></param></params></methodCall>',
    );
  });

  it('calls the API with no right but those of the account', async () => {
    const calls = await theApi(encodeFault(111, 'not now'));
    await said('start');
    const [call] = calls;
    const { uid } = SIRIUS;
    expect(call?.process).toContain(`Uid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
    expect(call?.process).toContain('CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n');
    expect(call?.process).toContain('NoNewPrivs:\t1\n');
  });

  it('learns why the sliver does not run, with a status that says so', async () => {
    setUntilTheEnd(SIRIUS, 'is stopped by Stop, called by root\nstopped -\n');
    expect(await said('status')).toEqual([
      1,
      '',
      'sliver-shell: princeton_sirius is stopped by Stop, called by root\n',
    ]);
  });

  it('starts the sliver, and is told when it can be logged in to', async () => {
    setUntilTheEnd(SIRIUS, 'is stopped by Stop, called by root\nstopped -\n');
    let started: Promise<unknown> | undefined;
    const calls = await theApi(DONE, () => {
      started = node.startSliver(SIRIUS.name);
    });
    expect(await said('start')).toEqual(RUNS);
    expect(calls[0]?.body).toContain('<methodName>Start</methodName>');
    await started;
    expect(await said('echo in')).toEqual([0, 'in\n', '']);
  });

  it('is let in to call, and told at once that Start does not help, when the sliver is disabled', async () => {
    await node.stop(SIRIUS.name);
    setUntilTheEnd({ ...SIRIUS, expires: '1' }, 'is disabled by PLC\ndisabled 1700000000\n');
    await theApi(DONE);
    const line = 'sliver-shell: princeton_sirius is disabled by PLC\n';
    expect(await said('start')).toEqual([1, '', line]);
    expect(await said('status')).toEqual([1, '', line]);
    expect(await said('true')).toEqual([126, '', line]);
  });

  it('is told the reason of the API, in one line, when it refuses', async () => {
    await theApi(encodeFault(108, 'a <b> & "c" may not\x07\n\u2026'));
    const [status, stdout, stderr] = await said('stop');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^sliver-shell: Stop of princeton_sirius: a <b> & "c" may not[ ?]+\n$/);
  });

  it('is told it without anything that a terminal would obey', async () => {
    const name = '<name>faultString</name>';
    await theApi(
      `<fault>${name}<value><string>no \x1b[2J\r\u009b&lt;\u202e</string></value></fault>`,
    );
    const [status, stdout, stderr] = await said('stop');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe('sliver-shell: Stop of princeton_sirius: no ?[2J???<???\n');
  });

  it.each([
    ['is no answer to a call', '<html></html>', 'the API has answered something else'],
    ['is a fault without a reason', '<fault></fault>', 'the API refuses it, and does not say why'],
  ])('is told so when what the API says %s', async (_what, answer, reason) => {
    await theApi(answer);
    expect(await said('start')).toEqual([
      1,
      '',
      `sliver-shell: Start of princeton_sirius: ${reason}\n`,
    ]);
  });

  it('is told where the API should be when it is not', async () => {
    const [status, , stderr] = await said('start');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^sliver-shell: Start of princeton_sirius: cannot connect to the API at /,
    );
  });

  it('is told that the sliver is stopped only when no process is left in its place', async () => {
    await node.startImpostor(SIRIUS.name);
    let sleptBefore = Number.NaN;
    await theApi(DONE, () => {
      sleptBefore = sleepsOf(child);
    });
    const child = node.start(SIRIUS.name, ['-c', 'stop']);
    let isLeft = true;
    const ending = outcomeOf(child).then((outcome) => ({ ...outcome, isLeft }));
    // By then it has looked more than once since the answer.
    const looksAgain = () => expect(sleepsOf(child)).toBeGreaterThan(sleptBefore + 9);
    await Promise.race([ending, eventually(looksAgain)]);
    isLeft = false;
    await node.stop(SIRIUS.name);
    expect(await ending).toEqual({
      status: 0,
      stdout: "princeton_sirius is stopped; 'ssh princeton_sirius@node start' starts it\n",
      stderr: '',
      isLeft: false,
    });
  });

  it('who has no sliver is refused like anybody without one', async () => {
    const { status, stderr } = await node.run(SIRIUS.name, 'stop', { uid: 39_999, gid: 39_999 });
    expect([status, stderr]).toEqual([
      126,
      'sliver-shell: user id 39999 has no sliver on this node\n',
    ]);
  });

  describe('where the sliver has programs of those names', () => {
    beforeAll(async () => {
      await node.startSliver(SIRIUS.name);
      await eventually(async () => expect(await said('true')).toEqual([0, '', '']));
      const make = 'printf "#!/bin/sh\\necho inside\\n" > /bin/status && chmod 755 /bin/status';
      expect(await said(make)).toEqual([0, '', '']);
    });

    it('means the sliver by the word alone', async () => {
      expect(await said('status')).toEqual(RUNS);
    });

    it.each(['exec status', 'status all', ' status', '/bin/status', 'status;'])(
      'runs the program by %j',
      async (command) => expect(await said(command)).toEqual([0, 'inside\n', '']),
    );
  });
});
