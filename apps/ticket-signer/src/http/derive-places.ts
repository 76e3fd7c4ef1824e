/** Which sockets are served, and how: systemd's (sd_listen_fds(3)) where it hands some over, else ours. Pure. */
import type { SignerConfig } from '../config/signer-schema.ts';
import { judgeTlsSocket } from './judge-tls-socket.ts';
import type { ListenAt } from './listen.ts';

/** Descriptors handed over begin after standard input, output and error. */
const FIRST_FD = 3;
const MAX_SOCKETS = 16;
/** FileDescriptorName= of our socket units. */
const NAMES: ReadonlySet<string> = new Set(['unix', 'tls']);

export interface ServedPlace {
  readonly kind: 'unix' | 'tls';
  readonly at: ListenAt;
}

type Environment = Readonly<Record<string, string | undefined>>;

function handedOver(env: Environment, pid: number): readonly ServedPlace[] {
  const { LISTEN_FDS: count, LISTEN_PID: owner, LISTEN_FDNAMES: names = '' } = env;
  if (count === undefined || owner !== String(pid)) return [];
  if (!/^[0-9]{1,2}$/.test(count) || Number(count) > MAX_SOCKETS) {
    throw new Error(
      `LISTEN_FDS is ${JSON.stringify(count)}; a number up to ${MAX_SOCKETS} is wanted`,
    );
  }
  const kinds = names.split(':');
  return Array.from({ length: Number(count) }, (_, index) => {
    const kind = kinds[index] ?? '';
    if (!NAMES.has(kind)) {
      throw new Error(`LISTEN_FDNAMES is ${JSON.stringify(names)}; each is to be "unix" or "tls"`);
    }
    return { kind: kind === 'tls' ? 'tls' : 'unix', at: { fd: FIRST_FD + index } };
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
