/**
 * Runs in the machine, because deadlines on the bus are told by the clock of one machine: takes questions
 * to daemons as lines of JSON, asks them as nmctl does, and prints what came of each.
 */
import { createInterface } from 'node:readline';
import { type CallClient, connectCalls } from '@nodemgr/bus';
import {
  type Contract,
  deliverContract,
  endpointsBelow,
  OPERATOR_CONTRACTS,
} from '@nodemgr/contracts';
import type { Answer, Question } from './asker.ts';

const endpoints = endpointsBelow('/run/nodemgr');
const CALL_MS = 20_000;

function connect(to: Question['to']): CallClient<Contract> {
  return to === 'deliver'
    ? connectCalls<Contract>({ path: endpoints.deliver, contract: deliverContract })
    : connectCalls<Contract>({ path: endpoints.operator[to], contract: OPERATOR_CONTRACTS[to] });
}

async function answer({ id, to, method, params }: Question): Promise<Answer> {
  const client = connect(to);
  try {
    return { id, result: await client.call(method, params, { deadlineMs: CALL_MS }) };
  } catch (error) {
    return { id, error: `${to}: ${method}: ${error instanceof Error ? error.message : error}` };
  } finally {
    client.close();
  }
}

async function main(): Promise<void> {
  process.stdout.write('{}\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line) as Question;
    process.stdout.write(`${JSON.stringify(await answer(question))}\n`);
  }
}

void main();
