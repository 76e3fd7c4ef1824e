import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { method } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Dealer } from 'zeromq';
import * as z from 'zod';
import { type CallClient, type CallServer, connectCalls, NoAnswer, serveCalls } from './index.ts';

const contract = {
  double: method(z.strictObject({ n: z.int() }), z.object({ n: z.int() })),
  wait: method(z.strictObject({ ms: z.number() }), z.object({})),
};
const log = pino({ level: 'silent' });
let folder: string;
let path: string;
let server: CallServer | undefined;
let client: CallClient<typeof contract>;
let doubled: number[];

async function startServer(): Promise<CallServer> {
  return serveCalls({
    path,
    contract,
    log,
    handlers: {
      double: ({ n }) => {
        doubled.push(n);
        if (n === 13) throw new Fault('permission-denied', 'not 13');
        if (n === 14) throw new Error('surprise');
        if (n === 16) throw new Fault('unavailable', 'disk full');
        return { n: n === 15 ? 0.5 : 2 * n };
      },
      wait: async ({ ms }) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return {};
      },
    },
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bus-'));
  path = join(folder, 'calls', 'test.sock');
  doubled = [];
  server = await startServer();
  client = connectCalls({ path, contract });
});

afterEach(async () => {
  client.close();
  await server?.close();
  rmSync(folder, { recursive: true });
});

test('a call is answered', async () => {
  await expect(client.call('double', { n: 21 }, { deadlineMs: 2000 })).resolves.toEqual({ n: 42 });
});

test('many calls at once get each its own answer', async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      client.call('double', { n: n + 100 }, { deadlineMs: 5000 }),
    ),
  );
  expect(answers.map(({ n }) => n)).toEqual(Array.from({ length: 200 }, (_, n) => 2 * (n + 100)));
});

test("a handler's fault reaches the caller, any other error becomes internal", async () => {
  await expect(client.call('double', { n: 13 }, { deadlineMs: 2000 })).rejects.toMatchObject({
    kind: 'permission-denied',
    message: 'not 13',
  });
  await expect(client.call('double', { n: 14 }, { deadlineMs: 2000 })).rejects.toMatchObject({
    kind: 'internal',
  });
});

test('parameters and results that do not fit the contract are refused, and say where', async () => {
  const wrong = { n: 'x' } as unknown as { n: number };
  await expect(client.call('double', wrong, { deadlineMs: 2000 })).rejects.toMatchObject({
    kind: 'bad-argument',
    message: expect.stringContaining('at n'),
  });
  expect(doubled).toEqual([]);
  await expect(client.call('double', { n: 15 }, { deadlineMs: 2000 })).rejects.toMatchObject({
    message: expect.stringContaining('the result of double at n'),
  });
});

test('what a server answers is told from its silence', async () => {
  const none = await client.call('wait', { ms: 500 }, { deadlineMs: 50 }).catch((error) => error);
  expect(none).toBeInstanceOf(NoAnswer);
  const own = await client.call('double', { n: 16 }, { deadlineMs: 2000 }).catch((error) => error);
  expect(own).toMatchObject({ kind: 'unavailable', message: 'disk full' });
  expect(own).not.toBeInstanceOf(NoAnswer);
  await server?.close();
  server = undefined;
  const unsent = await client.call('double', { n: 1 }, { deadlineMs: 50 }).catch((error) => error);
  expect(unsent).toBeInstanceOf(NoAnswer);
});

test('a call without an answer in time is unavailable', async () => {
  await expect(client.call('wait', { ms: 500 }, { deadlineMs: 50 })).rejects.toMatchObject({
    kind: 'unavailable',
  });
});

test('a call to a server that is not there is never carried out after its deadline', async () => {
  await server?.close();
  server = undefined;
  await expect(client.call('double', { n: 1 }, { deadlineMs: 300 })).rejects.toMatchObject({
    kind: 'unavailable',
  });
  server = await startServer();
  await client.call('double', { n: 2 }, { deadlineMs: 5000 });
  expect(doubled).toContain(2);
  expect(doubled).not.toContain(1);
});

test('a client that starts before its server waits for it', async () => {
  await server?.close();
  const answer = client.call('double', { n: 4 }, { deadlineMs: 5000 });
  server = await startServer();
  await expect(answer).resolves.toEqual({ n: 8 });
});

test('rubbish on the socket is dropped and the server goes on', async () => {
  const rubbish = new Dealer({ linger: 0 });
  rubbish.connect(`ipc://${path}`);
  for (const frames of [['x'], ['1', 'not json'], ['1', '{}'], ['a', 'b', 'c'], ['', '[]']]) {
    await rubbish.send(frames);
  }
  await expect(client.call('double', { n: 3 }, { deadlineMs: 2000 })).resolves.toEqual({ n: 6 });
  rubbish.close();
});

test('a method named like a property of every object does not exist', async () => {
  const odd = client as unknown as CallClient<Record<string, never>>;
  await expect(
    odd.call('constructor' as never, {} as never, { deadlineMs: 2000 }),
  ).rejects.toMatchObject({ kind: 'no-such-method' });
});

test('a message larger than the bus takes is refused by its sender, and the connection lives on', async () => {
  const text = 'x'.repeat(16 << 20);
  const huge = { n: 1, text: Array.from({ length: 17 }, () => text) } as unknown as { n: number };
  await expect(client.call('double', huge, { deadlineMs: 2000 })).rejects.toMatchObject({
    kind: 'bad-argument',
    message: expect.stringMatching(/^double is larger than the 256 MiB/),
  });
  await expect(client.call('double', { n: 2 }, { deadlineMs: 2000 })).resolves.toEqual({ n: 4 });
});

test('a deadline hours away is refused', async () => {
  await expect(client.call('double', { n: 1 }, { deadlineMs: 3_600_000 })).rejects.toMatchObject({
    message: expect.stringMatching(/at most 300000/),
  });
});

test('a socket path that Linux cannot take is an error that says so', async () => {
  await expect(
    serveCalls({
      path: join(folder, 'x'.repeat(120)),
      contract: {},
      handlers: {},
      log,
    }),
  ).rejects.toThrow(/longer than 107/);
});
