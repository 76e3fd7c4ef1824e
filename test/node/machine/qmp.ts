/** Speaks to QEMU over its control socket (QMP): one command a connection. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** `system_reset` is what pulling the plug and putting it back is; `quit` ends QEMU. */
export type QemuCommand = 'system_reset' | 'quit';

const DEADLINE_MS = 10_000;

/** askQemu sends one command; resolves when QEMU has answered that it is done. */
export async function askQemu(socketPath: string, command: QemuCommand): Promise<void> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect', { signal });
    for (const execute of ['qmp_capabilities', command]) {
      socket.write(`${JSON.stringify({ execute })}\n`);
    }
    let answers = 0;
    socket.setTimeout(DEADLINE_MS, () =>
      socket.destroy(new Error(`QEMU does not answer ${command}`)),
    );
    for await (const line of createInterface({ input: socket })) {
      const said = JSON.parse(line) as { readonly return?: unknown; readonly error?: unknown };
      if (said.error !== undefined) throw new Error(`QEMU refuses ${command}: ${line}`);
      // Greetings and events have neither.
      if (said.return !== undefined) answers += 1;
      if (answers === 2) return;
    }
    if (command !== 'quit') throw new Error(`QEMU hung up before it had answered ${command}`);
  } finally {
    socket.destroy();
  }
}
