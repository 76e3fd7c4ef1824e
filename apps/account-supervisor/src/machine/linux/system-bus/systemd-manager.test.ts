/** Against a stand-in for the bus and for systemd's manager on it, which answers as a test has it. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lengthOfFirst, type Message, readMessage } from './bus-messages.ts';
import { type BusValue, BusWriter, typesIn } from './bus-values.ts';
import { SystemdManager } from './systemd-manager.ts';
import { unitProperty } from './unit-properties.ts';

const UNIT = 'nodemgr-sliver@a_one.service';
const JOB = '/org/freedesktop/systemd1/job/7';
const [RETURN, SIGNAL] = [2, 4];

type Fields = readonly (readonly [code: number, type: string, value: BusValue])[];

function messageOf(kind: number, fields: Fields, types: string, body: readonly BusValue[]): Buffer {
  const content = new BusWriter();
  for (const [place, type] of typesIn(types).entries()) content.write(type, body[place] ?? '');
  const writer = new BusWriter();
  for (const byte of [0x6c, kind, 0, 1]) writer.write('y', byte);
  writer.write('u', content.bytes.length);
  writer.write('u', 1);
  const all: Fields = types === '' ? fields : [...fields, [8, 'g', types]];
  writer.write(
    'a(yv)',
    all.map(([code, signature, value]) => [code, { signature, value }]),
  );
  writer.align(8);
  return Buffer.concat([writer.bytes, content.bytes]);
}

/** A call as the stand-in sees it, and what it can do about it. */
interface Asked extends Pick<Message, 'member' | 'body'> {
  readonly answer: (types: string, ...body: readonly BusValue[]) => void;
  readonly endJob: (job: string, result: string) => void;
  readonly hangUp: () => void;
}

function serialOf(bytes: Buffer): number {
  return bytes.readUInt32LE(8);
}

function serve(socket: Socket, onCall: (asked: Asked) => void): void {
  let input = Buffer.alloc(0);
  let isIn = false;
  const takeMessages = () => {
    for (;;) {
      const length = lengthOfFirst(input);
      if (length === undefined || input.length < length) return;
      const serial = serialOf(input);
      const message = readMessage(input.subarray(0, length));
      input = input.subarray(length);
      const answer = (types: string, ...body: readonly BusValue[]) =>
        void socket.write(messageOf(RETURN, [[5, 'u', serial]], types, body));
      const endJob = (job: string, result: string) =>
        void socket.write(
          messageOf(SIGNAL, [[3, 's', 'JobRemoved']], 'uoss', [7, job, UNIT, result]),
        );
      if (message.member === 'Hello') answer('s', ':1.1');
      else if (message.member === 'AddMatch') answer('');
      else onCall({ ...message, answer, endJob, hangUp: () => socket.destroy() });
    }
  };
  socket.on('data', (bytes) => {
    input = Buffer.concat([input, bytes]);
    if (!isIn && input.includes('AUTH')) {
      input = Buffer.alloc(0);
      socket.write('OK 0123456789abcdef\r\n');
    }
    const begin = input.indexOf('BEGIN\r\n');
    if (!isIn && begin !== -1) {
      isIn = true;
      input = input.subarray(begin + 'BEGIN\r\n'.length);
    }
    if (isIn) takeMessages();
  });
  socket.on('error', () => socket.destroy());
}

/** aManager returns a manager whose calls `onCall` answers; connections are made as they are needed. */
async function aManager(onCall: (asked: Asked) => void): Promise<SystemdManager> {
  const folder = mkdtempSync(join(tmpdir(), 'systemd-'));
  const path = join(folder, 'bus');
  const server = createServer((socket) => serve(socket, onCall));
  server.listen(path);
  await once(server, 'listening');
  const manager = new SystemdManager(path);
  onTestFinished(async () => {
    await manager.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return manager;
}

test('a start is over when its job is, whichever comes first: the answer or the end of the job', async () => {
  const calls: unknown[] = [];
  const manager = await aManager(({ member, body, answer, endJob }) => {
    calls.push([member, ...body]);
    if (calls.length === 1) endJob(JOB, 'done');
    answer('o', JOB);
    endJob('/org/freedesktop/systemd1/job/8', 'failed');
    if (calls.length === 2) setImmediate(() => endJob(JOB, 'done'));
  });
  await manager.start(UNIT);
  await manager.stop(UNIT);
  expect(calls).toEqual([
    ['StartUnit', UNIT, 'replace'],
    ['StopUnit', UNIT, 'replace'],
  ]);
});

test('a job that fails rejects with its unit, and where to read on', async () => {
  const manager = await aManager(({ answer, endJob }) => {
    answer('o', JOB);
    endJob(JOB, 'failed');
  });
  await expect(manager.start(UNIT)).rejects.toThrow(
    `StartUnit ${UNIT}: failed (journalctl -u ${UNIT})`,
  );
});

test('a bus that goes fails the job that is waited for, and the next question makes a new connection', async () => {
  let asked = 0;
  const manager = await aManager(({ answer, endJob, hangUp }) => {
    asked += 1;
    answer('o', JOB);
    if (asked === 1) hangUp();
    else endJob(JOB, 'done');
  });
  await expect(manager.reload(UNIT)).rejects.toThrow(/connection/);
  await expect(manager.reload(UNIT)).resolves.toBeUndefined();
});

test('units are listed by patterns, with their states', async () => {
  const manager = await aManager(({ body, answer }) => {
    expect(body).toEqual([[], ['nodemgr-sliver@*.service']]);
    const row = [UNIT, 'Sliver', 'loaded', 'active', 'running', '', '/unit', 0, '', '/'];
    answer('a(ssssssouso)', [row]);
  });
  expect(await manager.list(['nodemgr-sliver@*.service'])).toEqual([
    { unit: UNIT, activeState: 'active', subState: 'running', path: '/unit' },
  ]);
});

test('properties are set of the unit for good, each with its type', async () => {
  const asked: unknown[] = [];
  const manager = await aManager(({ body, answer }) => {
    asked.push(body);
    answer('');
  });
  await manager.setProperties(UNIT, [unitProperty('CPUWeight=256')]);
  expect(asked).toEqual([[UNIT, false, [['CPUWeight', { signature: 't', value: 256n }]]]]);
});
