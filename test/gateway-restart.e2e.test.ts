/**
 * The gateway on sockets that somebody holds for it, as systemd does: callers wait out its restarts, and the
 * one that starts it is answered.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gatewayOperatorContract } from '@nodemgr/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ActivatingParent } from './support/activating-parent.ts';
import { DemoNode } from './support/demo-node.ts';
import { freePort } from './support/free-port.ts';
import { PythonClient } from './support/python-client.ts';
import { aDocument } from './support/slices-document.ts';

const SLIVER = 'princeton_sirius';
const RESTARTS = 8;
const gateway = (config: string) => [
  process.execPath,
  resolve('dist/apps/api-gateway/main.cjs'),
  '--config',
  config,
];
let node: DemoNode;
let parent: ActivatingParent;

beforeAll(async () => {
  const flags = ['--without', 'api-gateway'];
  node = await DemoNode.launch({ slices: aDocument({ name: SLIVER }), flags });
  const config = join(node.state, 'nodemgr.toml');
  await node.eventually(() => expect(existsSync(config)).toBe(true));
  await node.eventually(async () => expect((await node.database()).detail.records.slivers).toBe(1));
  const unix = join(node.state, 'run', 'api.sock');
  parent = new ActivatingParent({ unix, tcp: node.port }, gateway(config));
  const first = node.tcp();
  await node.eventually(async () => expect(await first.ask('Help')).toHaveProperty('result'));
  await node.ready();
});

afterAll(async () => {
  await parent?.end();
  await node?.destroy();
});

/** gatewayStopped ends the one that runs, and resolves when it has ended. */
async function gatewayStopped(): Promise<void> {
  const lives = parent.started.length;
  process.kill(parent.started.at(-1) ?? 0, 'SIGTERM');
  await node.eventually(() => expect(parent.ended).toHaveLength(lives));
}

/** Calls without a pause until told to stop, and keeps whatever was no result. */
async function callUntil(stopped: () => boolean, api: PythonClient, method: string) {
  const params = method === 'SetLoans' ? [SLIVER, []] : [SLIVER];
  const answers = { good: 0, bad: [] as unknown[] };
  while (!stopped()) {
    const answer = await api.ask(method, ...params);
    if ('result' in answer) answers.good += 1;
    else answers.bad.push(answer);
  }
  return answers;
}

test('over eight restarts of the gateway under four clients no call ends in a fault or without an answer', async () => {
  let stopped = false;
  const calling = [
    callUntil(() => stopped, node.unix(), 'GetRSpec'),
    callUntil(() => stopped, node.unix(), 'SetLoans'),
    callUntil(() => stopped, node.tcp(), 'GetLoans'),
    callUntil(() => stopped, node.tcp(), 'GetEffectiveRSpec'),
  ];
  for (let restart = 0; restart < RESTARTS; restart += 1) {
    const lives = parent.started.length;
    await gatewayStopped();
    await node.eventually(() => expect(parent.started.length).toBeGreaterThan(lives));
    await node.eventually(async () =>
      expect(await node.pidOf('api-gateway')).toBe(parent.started.at(-1)),
    );
  }
  stopped = true;
  const answers = await Promise.all(calling);
  expect(answers.flatMap(({ bad }) => bad)).toEqual([]);
  for (const { good } of answers) expect(good).toBeGreaterThan(RESTARTS);
});

test('the call that starts the gateway is answered', async () => {
  const own = node.tcp();
  await own.call('Help');
  // The demo looks at the API now and then: it may be the one whose call starts it.
  await gatewayStopped();
  const answers = await Promise.all(
    [own, node.unix(), node.tcp()].map((api) => api.ask('GetRSpec', SLIVER)),
  );
  for (const answer of answers) expect(answer).toHaveProperty('result');
});

test('with db-service away the call that starts the gateway is told so in a few seconds', async () => {
  const pid = await node.pidOf('db-service');
  process.kill(pid, 'SIGSTOP');
  try {
    await gatewayStopped();
    const begun = performance.now();
    const [code, text] = await node.tcp().faultOf('GetRSpec', SLIVER);
    expect([code, text]).toEqual([111, expect.stringContaining('db-service')]);
    expect(performance.now() - begun).toBeLessThan(8000);
    // Whoever comes later does not wait again.
    const times: number[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const again = performance.now();
      await node.tcp().faultOf('DumpDatabase');
      times.push(performance.now() - again);
    }
    expect(Math.min(...times)).toBeLessThan(1500);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  const api = node.tcp();
  await node.eventually(async () =>
    expect(await api.ask('GetRSpec', SLIVER)).toHaveProperty('result'),
  );
});

/** rawDump asks over TCP on a connection of its own what only root may; returns all that is heard. */
function rawDump(): Promise<string> {
  const body = '<methodCall><methodName>DumpDatabase</methodName></methodCall>';
  const head = `POST /RPC2 HTTP/1.1\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(node.port, '127.0.0.1', () => socket.write(head + body));
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
    });
    socket.on('error', () => undefined).once('close', () => resolve(heard));
  });
}

test('out of file descriptors it takes no caller over TCP for nobody, then or later', async () => {
  expect(await rawDump()).toContain('record_key');
  const pid = parent.started.at(-1) ?? 0;
  const open = readdirSync(`/proc/${pid}/fd`).map(Number);
  const limit = Math.max(...open) + 8;
  const limited = (most: string) =>
    execFileSync('prlimit', [`--pid=${pid}`, `--nofile=${most}`], { encoding: 'utf8' });
  const held: Socket[] = [];
  const answers: string[] = [];
  limited(`${limit}:`);
  try {
    // Numbers below the highest are free too.
    for (let short = 0; short < 6 && held.length < limit; ) {
      held.push(connect(node.port, '127.0.0.1').on('error', () => undefined));
      const heard = await rawDump();
      if (!heard.includes('record_key')) short += 1;
      answers.push(heard);
    }
  } finally {
    limited('4096:');
    for (const socket of held) socket.destroy();
  }
  // It was as bad as that; whoever came then may come again, and is told nothing that is not so.
  expect(answers.filter((heard) => !heard.includes('record_key')).length).toBeGreaterThan(0);
  for (const heard of answers) expect(heard).toMatch(/record_key|^HTTP\/1\.1 503 |^$/);
  await node.eventually(async () => expect(await rawDump()).toContain('record_key'));
  const status = await node.ask('api-gateway', gatewayOperatorContract, 'status');
  expect(status.failures).toEqual([]);
});

test('with a misspelt key in nodemgr.toml it is started once for a caller, whom it tells so, and not again and again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'misspelt-'));
  const config = join(folder, 'nodemgr.toml');
  writeFileSync(
    config,
    `${readFileSync(join(node.state, 'nodemgr.toml'), 'utf8')}\n[misspelt]\nkey = 1\n`,
  );
  const tcp = await freePort();
  const misspelt = new ActivatingParent({ unix: join(folder, 'api.sock'), tcp }, gateway(config));
  const clients = [1, 2, 3].map(() => new PythonClient({ tcp }));
  try {
    // They connect and leave; what they leave in the queue is what would start it again.
    const leaving = () =>
      new Promise<void>((resolve) => {
        const socket = connect(tcp, '127.0.0.1', () => socket.destroy());
        socket.on('error', () => undefined).once('close', () => resolve());
      });
    await node.eventually(async () => {
      await leaving();
      expect(misspelt.started).toHaveLength(1);
    });
    await Promise.all([leaving(), leaving(), leaving()]);
    // Whoever waits is told, in the words of the API.
    const faults = await Promise.all(clients.map((client) => client.faultOf('GetRSpec', SLIVER)));
    for (const [code, text] of faults)
      expect([code, text]).toEqual([111, expect.stringContaining('cannot start')]);
    await node.eventually(() => expect(misspelt.ended).toEqual([78]));
    expect(misspelt.errors).toContain('misspelt');
    // Nobody waits: it is not started before the next caller comes, and then once.
    await clients[0]?.faultOf('GetRSpec', SLIVER);
    expect(misspelt.started).toHaveLength(2);
    // Told to stop meanwhile, it does.
    process.kill(misspelt.started[1] ?? 0, 'SIGTERM');
    await node.eventually(() => expect(misspelt.ended).toEqual([78, 0]));
    expect(misspelt.started).toHaveLength(2);
  } finally {
    for (const client of clients) client.close();
    await misspelt.end();
    rmSync(folder, { recursive: true });
  }
});
