/** What every file of these tests begins with: the node, and the testbed on it. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, inject } from 'vitest';
import type { MachinePlace } from './machine/node-machine.ts';
import { NodeUnderTest } from './machine/node-under-test.ts';
import { type Differences, testbed } from './machine/testbed.ts';

/** What a run tells its tests. */
export interface Provided {
  readonly place: MachinePlace;
  /** The package that is installed. */
  readonly deb: string;
  /** The package of the ticket signer, which is not. */
  readonly signerDeb: string;
  /** Whether there is time for a thousand cycles. */
  readonly long: boolean;
}

declare module 'vitest' {
  export interface ProvidedContext {
    machine: Provided;
  }
}

/** For twenty slivers, each a container, on an emulated machine that others slow down. */
const ALL_MS = 600_000;

/** theNode returns the node, connected from before the first test of the file until after its last. */
export function theNode(): NodeUnderTest {
  const node = new NodeUnderTest(inject('machine').place);
  beforeAll(() => node.machine.open());
  afterAll(() => node.close());
  return node;
}

/** documentFor writes the testbed with some differences and `more` elements, and the keys made for this run. */
export function documentFor(
  { keys }: NodeUnderTest,
  differences: Differences = {},
  ...more: readonly string[]
): string {
  const read = (file: string) => readFileSync(`${file}.pub`, 'utf8');
  const made = { tenant: read(keys.tenant), stranger: read(keys.stranger) };
  return testbed(made, differences, ...more);
}

/** publishTestbed has PLC say so, and waits until the machine is so. */
export async function publishTestbed(
  node: NodeUnderTest,
  differences: Differences = {},
  ...more: readonly string[]
): Promise<void> {
  await node.publish(documentFor(node, differences, ...more));
  await node.converged({ timeoutMs: ALL_MS });
}

/** theTestbed is theNode with all of the testbed's slivers running before the first test. */
export function theTestbed(differences: Differences = {}): NodeUnderTest {
  const node = theNode();
  beforeAll(() => publishTestbed(node, differences), ALL_MS);
  return node;
}
