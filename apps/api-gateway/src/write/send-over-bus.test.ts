import type { CallClient } from '@nodemgr/bus';
import type { WriteContract } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import { expect, test } from 'vitest';
import { SIRIUS } from '../test-kit/pretended-node.ts';
import { NoAnswer } from './make-writes.ts';
import { sendOver } from './send-over-bus.ts';

const FULL = new Fault('unavailable', 'the database cannot be written: disk full');

/** What comes of one attempt of a second, when the bus fails with `fault` after `ms`. */
function attempt(fault: Fault, ms: number): Promise<unknown> {
  let clock = 0;
  const client: CallClient<WriteContract> = {
    call: async () => {
      clock += ms;
      throw fault;
    },
    close: () => undefined,
  };
  const send = sendOver(client, () => clock);
  const request = { request_id: 'one', caller: 'root' };
  return send({ act: 'stop', sliver: SIRIUS }, request, 1000).catch((error: unknown) => error);
}

test('what db-service answers is told as it is, also that it cannot', async () => {
  expect(await attempt(FULL, 5)).toBe(FULL);
  const refusal = new Fault('bad-argument', 'no such sliver');
  expect(await attempt(refusal, 1000)).toBe(refusal);
});

test('silence until the deadline, and what could not be sent, are no answer', async () => {
  const silence = new Fault('unavailable', 'no answer to stop in 1000 ms');
  expect(await attempt(silence, 999.6)).toBeInstanceOf(NoAnswer);
  const unsent = new Fault('unavailable', 'stop could not be sent', { cause: new Error('full') });
  expect(await attempt(unsent, 0)).toBeInstanceOf(NoAnswer);
});
