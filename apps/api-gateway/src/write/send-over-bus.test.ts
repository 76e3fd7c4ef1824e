import { type CallClient, NoAnswer } from '@nodemgr/bus';
import type { WriteContract } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import { expect, test } from 'vitest';
import { SIRIUS } from '../test-kit/pretended-node.ts';
import { sendOver } from './send-over-bus.ts';

const FULL = new Fault('unavailable', 'the database cannot be written: disk full');

/** What comes of one attempt of a second, when the bus fails with `fault`. */
function attempt(fault: Fault): Promise<unknown> {
  const client: CallClient<WriteContract> = {
    call: () => Promise.reject(fault),
    close: () => undefined,
  };
  const request = { request_id: 'one', caller: 'root' };
  return sendOver(client)({ act: 'stop', sliver: SIRIUS }, request, 1000).catch(
    (error: unknown) => error,
  );
}

test('what db-service answers is told as it is, also that it cannot', async () => {
  expect(await attempt(FULL)).toBe(FULL);
  const refusal = new Fault('bad-argument', 'no such sliver');
  expect(await attempt(refusal)).toBe(refusal);
});

test('silence until the deadline, and what could not be sent, are no answer', async () => {
  expect(await attempt(new NoAnswer('no answer to stop in 1000 ms'))).toBeInstanceOf(NoAnswer);
  const unsent = new NoAnswer('stop could not be sent', { cause: new Error('full') });
  expect(await attempt(unsent)).toBeInstanceOf(NoAnswer);
});
