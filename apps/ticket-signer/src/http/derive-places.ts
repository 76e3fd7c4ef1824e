/** Which sockets are served, and how: systemd's (sd_listen_fds(3)) where it hands some over, else ours. Pure. */

import { type ListenAt, systemdSockets } from '@nodemgr/daemon';
import type { SignerConfig } from '../config/signer-schema.ts';
import { judgeTlsSocket } from './judge-tls-socket.ts';

/** FileDescriptorName= of our socket units. */
const NAMES: ReadonlySet<string> = new Set(['unix', 'tls']);

export interface ServedPlace {
  readonly kind: 'unix' | 'tls';
  readonly at: ListenAt;
}

type Environment = Readonly<Record<string, string | undefined>>;

function handedOver(env: Environment, pid: number): readonly ServedPlace[] {
  const { LISTEN_FDNAMES: names = '' } = env;
  const kinds = names.split(':');
  return systemdSockets(env, pid).map((fd, index) => {
    const kind = kinds[index] ?? '';
    if (!NAMES.has(kind)) {
      throw new Error(`LISTEN_FDNAMES is ${JSON.stringify(names)}; each is to be "unix" or "tls"`);
    }
    return { kind: kind === 'tls' ? 'tls' : 'unix', at: { fd } };
  });
}

/** derivePlaces returns where to listen; throws an Error when systemd and the configuration differ. */
export function derivePlaces(
  { unix, tls }: Pick<SignerConfig, 'unix' | 'tls'>,
  env: Environment,
  pid: number,
): readonly ServedPlace[] {
  const handed = handedOver(env, pid);
  const hasTls = handed.some(({ kind }) => kind === 'tls');
  if (handed.length === 0) {
    const path: ServedPlace = { kind: 'unix', at: { path: unix.socket } };
    if (tls === undefined) return [path];
    return [path, { kind: 'tls', at: { host: tls.address, port: tls.port } }];
  }
  const why = judgeTlsSocket({ configured: tls !== undefined, listening: hasTls });
  if (why !== undefined) throw new Error(why);
  return handed;
}
