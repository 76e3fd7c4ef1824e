/** For tests: on which TCP ports a process listens, as the kernel has it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The state LISTEN of the kernel's table (include/net/tcp_states.h). */
const LISTEN = '0A';

function socketsOf(pid: number): ReadonlySet<string> {
  const folder = `/proc/${pid}/fd`;
  const inodes = readdirSync(folder).map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${fd}`))?.[1] ?? '';
    } catch {
      // Closed since the folder was read.
      return '';
    }
  });
  return new Set(inodes);
}

/** listeningPorts returns the ports, the lowest first. */
export function listeningPorts(pid: number): readonly number[] {
  const sockets = socketsOf(pid);
  const rows = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1),
  );
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === LISTEN && sockets.has(inode ?? ''))
    .map(([, local = '']) => Number.parseInt(local.split(':').at(-1) ?? '', 16))
    .sort((one, other) => one - other);
}
