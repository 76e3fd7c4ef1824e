import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { BodyReader, BodyRoom } from './read-body.ts';

const KIB = 1 << 10;

/** A request whose body is these chunks; without `end` it never ends. */
function request(
  chunks: readonly number[],
  end: 'end' | 'close' | 'open' = 'end',
): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  for (const bytes of chunks) message.push(Buffer.alloc(bytes));
  if (end === 'end') message.push(null);
  if (end === 'close') setImmediate(() => message.destroy());
  return message;
}

test('a body comes back whole', async () => {
  const body = await new BodyReader(new BodyRoom(0), 100).read(request([60, 40]));
  expect(body).toHaveLength(100);
});

test('one byte more than allowed ends the reading', async () => {
  expect(await new BodyReader(new BodyRoom(0), 100).read(request([60, 41], 'open'))).toBe(
    'too long',
  );
});

test('a body in pieces of any size is the same body', async () => {
  const message = new IncomingMessage(new Socket());
  const text = Array.from({ length: 900 }, (_, at) => `<${at}>`);
  for (const piece of text) message.push(piece);
  message.push(null);
  const body = await new BodyReader(new BodyRoom(0), 64 * KIB).read(message);
  expect(body.toString()).toBe(text.join(''));
});

test('a client that leaves ends the reading', async () => {
  expect(await new BodyReader(new BodyRoom(0), 100).read(request([60], 'close'))).toBe('closed');
});

test('so does one that had left before', async () => {
  const left = request([60]).destroy();
  expect(await new BodyReader(new BodyRoom(0), 100).read(left)).toBe('closed');
});

test('large bodies share their room; small ones need none; an answered one gives its room back', async () => {
  const room = new BodyRoom(100 * KIB);
  const first = new BodyReader(room, 200 * KIB);
  expect(await first.read(request([150 * KIB]))).toHaveLength(150 * KIB);
  expect(await new BodyReader(room, 200 * KIB).read(request([150 * KIB]))).toBe('no room');
  expect(await new BodyReader(room, 200 * KIB).read(request([64 * KIB]))).toHaveLength(64 * KIB);
  first.release();
  expect(await new BodyReader(room, 200 * KIB).read(request([150 * KIB]))).toHaveLength(150 * KIB);
});
