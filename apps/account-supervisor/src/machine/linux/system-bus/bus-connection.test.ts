/** Against a real message bus, started for each test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '@nodemgr/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BusConnection, type BusOptions } from './bus-connection.ts';
import type { Message } from './bus-messages.ts';

const { missing, note } = needs('dbus-daemon');
const BUS = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bus-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function aBus(): Promise<{ readonly path: string; readonly daemon: ChildProcess }> {
  const folder = aFolder();
  const path = join(folder, 'socket');
  const config = join(folder, 'bus.conf');
  writeFileSync(
    config,
    `<busconfig><type>session</type><listen>unix:path=${path}</listen><auth>EXTERNAL</auth>
     <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`,
  );
  const daemon = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void daemon.kill());
  await once(daemon.stdout, 'data');
  return { path, daemon };
}

async function connected(path: string, more: Partial<BusOptions> = {}): Promise<BusConnection> {
  const none = { onSignal: () => undefined, onEnd: () => undefined };
  const bus = await BusConnection.open({ path, deadlineMs: 5000, ...none, ...more });
  onTestFinished(() => bus.close());
  return bus;
}

describe.skipIf(missing)(`with a bus${note}`, () => {
  test('a method is answered, and calls that wait at once each get their own answer', async () => {
    const bus = await connected((await aBus()).path);
    const names = bus.call({ ...BUS, member: 'ListNames' }, 'as');
    const owned = bus.call(
      { ...BUS, member: 'NameHasOwner', signature: 's', body: ['org.example.nobody'] },
      'b',
    );
    expect((await names)[0]).toContain('org.freedesktop.DBus');
    expect(await owned).toEqual([false]);
  });

  test('a refusal has the name and the words of the one that refuses', async () => {
    const bus = await connected((await aBus()).path);
    const call = { ...BUS, destination: 'org.example.nobody', member: 'Anything' };
    await expect(bus.call(call, '')).rejects.toMatchObject({
      name: 'org.freedesktop.DBus.Error.ServiceUnknown',
      message: expect.stringContaining('org.example.nobody'),
    });
  });

  test('an answer of other types than the method has is refused', async () => {
    const bus = await connected((await aBus()).path);
    await expect(bus.call({ ...BUS, member: 'ListNames' }, 'u')).rejects.toThrow(
      "ListNames: an answer of types 'as', not 'u'",
    );
  });

  test('a signal that is matched is handed on', async () => {
    const { path } = await aBus();
    let heard: (signal: Message) => void = () => undefined;
    const signal = new Promise<Message>((settle) => {
      heard = (message) => message.body[0] === 'org.example.ours' && settle(message);
    });
    const bus = await connected(path, { onSignal: (message) => heard(message) });
    await bus.match("type='signal',member='NameOwnerChanged'");
    const other = await connected(path);
    const request = { ...BUS, member: 'RequestName', signature: 'su' };
    await other.call({ ...request, body: ['org.example.ours', 0] }, 'u');
    expect(await signal).toMatchObject({ kind: 'signal', member: 'NameOwnerChanged' });
  });

  test('a bus that goes takes the calls with it that wait, and those that follow fail', async () => {
    const { path, daemon } = await aBus();
    let ended: () => void = () => undefined;
    const end = new Promise<void>((settle) => {
      ended = settle;
    });
    const bus = await connected(path, { onEnd: () => ended() });
    // Nobody answers to that name but ourselves, and we never do.
    const own = await bus.call(
      { ...BUS, member: 'RequestName', signature: 'su', body: ['org.example.mute', 0] },
      'u',
    );
    expect(own).toEqual([1]);
    const waits = bus.call({ ...BUS, destination: 'org.example.mute', member: 'Wait' }, '');
    const outcome = expect(waits).rejects.toThrow(/closed the connection|ECONNRESET/);
    daemon.kill('SIGKILL');
    await outcome;
    await end;
    await expect(bus.call({ ...BUS, member: 'ListNames' }, 'as')).rejects.toThrow();
  });
});

test('a bus that is not there is named', async () => {
  await expect(connected(join(aFolder(), 'none'))).rejects.toThrow(/ENOENT.*none/);
});

test('a bus that never answers is given up', async () => {
  const path = join(aFolder(), 'mute');
  const server = createServer();
  server.listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  await expect(connected(path, { deadlineMs: 50 })).rejects.toThrow(
    /no answer within 0.05 seconds/,
  );
});

test('what is no bus ends the connection', async () => {
  const path = join(aFolder(), 'other');
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  server.listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  await expect(connected(path)).rejects.toThrow(/does not let us in: HTTP/);
});
