/** Speaks to QEMU over its control socket (QMP): one command a connection. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * `system_reset` is what pulling the plug and putting it back is; `stop` holds the processors and `cont` lets
 * them go on; `migrate` begins to write the machine's state somewhere, and `query-migrate` tells how far it
 * is; `block_set_io_throttle` bounds a disk; `quit` ends QEMU.
 */
export type QemuCommand =
  | 'system_reset'
  | 'query-status'
  | 'stop'
  | 'cont'
  | 'migrate-set-parameters'
  | 'migrate'
  | 'query-migrate'
  | 'block_set_io_throttle'
  | 'quit';

/** A line of QEMU's. */
interface Said {
  readonly return?: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
}

const DEADLINE_MS = 10_000;

/** askQemu sends one command; resolves with QEMU's answer, which is empty where there is nothing to tell. */
export async function askQemu(
  socketPath: string,
  command: QemuCommand,
  args: object = {},
): Promise<Readonly<Record<string, unknown>>> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect', { signal });
    for (const line of [{ execute: 'qmp_capabilities' }, { execute: command, arguments: args }]) {
      socket.write(`${JSON.stringify(line)}\n`);
    }
    let answers = 0;
    socket.setTimeout(DEADLINE_MS, () =>
      socket.destroy(new Error(`QEMU does not answer ${command}`)),
    );
    for await (const line of createInterface({ input: socket })) {
      const said = JSON.parse(line) as Said;
      if (said.error !== undefined) throw new Error(`QEMU refuses ${command}: ${line}`);
      // Greetings and events have neither.
      if (said.return !== undefined) answers += 1;
      if (answers === 2) return said.return ?? {};
    }
    if (command !== 'quit') throw new Error(`QEMU hung up before it had answered ${command}`);
    return {};
  } finally {
    socket.destroy();
  }
}
