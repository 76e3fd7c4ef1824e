/** Shows, for each test that fails, what the machine had to complain about meanwhile. */
import { afterEach, inject } from 'vitest';
import { NodeMachine } from './machine/node-machine.ts';

afterEach(async ({ task: { name, result } }) => {
  if (result?.state !== 'fail') return;
  const machine = new NodeMachine(inject('machine').place);
  try {
    await machine.open({ timeoutMs: 60_000 });
    const troubles = await machine.troubles(new Date(result.startTime ?? 0));
    process.stdout.write(`\n=== ${name}\n${troubles}\n`);
  } catch (error) {
    process.stdout.write(`\n=== ${name}: and the machine cannot be asked: ${String(error)}\n`);
  } finally {
    await machine.close();
  }
});
