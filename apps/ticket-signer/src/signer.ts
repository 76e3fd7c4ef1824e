/** The signing server as a whole: puts the parts together, and takes them apart. It decides nothing. */
import { constants } from 'node:crypto';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { readBoundedFile, readPrivateFile } from '@nodemgr/config';
import { FairTurns, type ListenAt, type Listening, type Logger, listen } from '@nodemgr/daemon';
import { epochSeconds } from '@nodemgr/records';
import { CallerList } from './caller-list.ts';
import type { SignerConfig } from './config/signer-schema.ts';
import type { ServedPlace } from './http/derive-places.ts';
import { BACKLOG } from './http/http-bounds.ts';
import { RefusalLog } from './http/refusal-log.ts';
import { RequestPlaces } from './http/request-places.ts';
import { SignServer, type SignServerOptions } from './http/sign-server.ts';
import { answerBody } from './sign/answer-body.ts';
import { loadSigningKey, type SigningKey } from './sign/signing-key.ts';

/** A list of authorities may be that long. */
const MAX_PEM_BYTES = 4 << 20;

function readPublic(key: string, file: string): string {
  try {
    return readBoundedFile(file, { maxBytes: MAX_PEM_BYTES }).toString('utf8');
  } catch (cause) {
    throw new Error(`${key}: ${file}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * loadTlsOptions reads the files of `[tls]` and has OpenSSL look at them. Throws an Error that names what
 * cannot be used. Sessions are never taken up again: each connection proves anew whose it is.
 */
function loadTlsOptions(tls: NonNullable<SignerConfig['tls']>): TlsOptions {
  const options = {
    cert: readPublic('tls.certificate_file', tls.certificate_file),
    key: readPrivateFile('tls.key_file', tls.key_file),
    ca: readPublic('tls.client_ca_file', tls.client_ca_file),
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  } as const;
  try {
    createSecureContext(options);
  } catch (cause) {
    throw new Error(`tls: the certificates and the key: ${(cause as Error).message}`, { cause });
  }
  return { ...options, requestCert: true, rejectUnauthorized: true };
}

/** What the configuration names, read once. */
export interface SignerFiles {
  readonly key: SigningKey;
  readonly tls: ReturnType<typeof loadTlsOptions> | undefined;
}

/** loadFiles reads the keys and certificates; throws an Error that names what cannot be used. */
export function loadFiles({ signing, tls }: SignerConfig): SignerFiles {
  return {
    key: loadSigningKey(signing.key_file, signing.hash),
    tls: tls === undefined ? undefined : loadTlsOptions(tls),
  };
}

const LISTEN_TERMS = { backlog: BACKLOG, keys: { path: 'unix.socket', port: 'tls.port' } };
/** To sign takes the process itself, and a long ticket as long as many short ones. */
const ONE_AT_A_TIME = { atOnce: 1, perCommon: 1, perCaller: 1 };

/** Milliseconds that only grow. */
const now = () => performance.now();
const clock = () => epochSeconds(Math.floor(Date.now() / 1000));

function textOf(listening: Listening, at: ListenAt): string {
  if (listening.kind === 'tcp') return listening.tcp;
  return 'path' in at ? at.path : 'a socket of systemd';
}

function serverOptions(config: SignerConfig, { key }: SignerFiles, log: Logger): SignServerOptions {
  const { limits } = config;
  return {
    callers: new CallerList(config.callers),
    places: new RequestPlaces({ perCaller: limits.requests_per_caller, all: limits.requests }),
    turns: new FairTurns(ONE_AT_A_TIME),
    monotonic: now,
    refusals: new RefusalLog({ log, monotonic: now }),
    sign: (body, grant) => answerBody(body, grant, { key, now: clock, log }),
    maxBodyBytes: limits.max_body_bytes,
    maxRequests: limits.requests,
    requestMs: limits.request_seconds * 1000,
    log,
  };
}

export interface RunningSigner {
  /** Where it listens, in words. */
  readonly listening: readonly string[];
  stop(): Promise<void>;
}

/** startSigner serves every one of `places`; rejects when one of them cannot be had. */
export async function startSigner(
  config: SignerConfig,
  files: SignerFiles,
  places: readonly ServedPlace[],
  log: Logger,
): Promise<RunningSigner> {
  const options = serverOptions(config, files, log);
  const servers: SignServer[] = [];
  const listening: string[] = [];
  for (const { kind, at } of places) {
    const server = new SignServer(options, kind === 'tls' ? files.tls : undefined);
    listening.push(textOf(await listen(server.server, at, LISTEN_TERMS), at));
    servers.push(server);
  }
  return {
    listening,
    async stop() {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
