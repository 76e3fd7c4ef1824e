/** The signing server as a whole: puts the parts together, and takes them apart. It decides nothing. */
import type { Logger } from '@nodemgr/daemon';
import { epochSeconds } from '@nodemgr/records';
import { CallerList } from './caller-list.ts';
import type { SignerConfig } from './config/signer-schema.ts';
import type { ServedPlace } from './http/derive-places.ts';
import { listen } from './http/listen.ts';
import { RefusalLog } from './http/refusal-log.ts';
import { RequestPlaces } from './http/request-places.ts';
import { SignServer, type SignServerOptions } from './http/sign-server.ts';
import { SigningTurns } from './http/signing-turns.ts';
import { loadTlsOptions } from './http/tls-options.ts';
import { answerBody } from './sign/answer-body.ts';
import { loadSigningKey, type SigningKey } from './sign/signing-key.ts';

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

const now = () => epochSeconds(Math.floor(Date.now() / 1000));

function serverOptions(config: SignerConfig, { key }: SignerFiles, log: Logger): SignServerOptions {
  const { limits } = config;
  return {
    callers: new CallerList(config.callers),
    places: new RequestPlaces({ perCaller: limits.requests_per_caller, all: limits.requests }),
    turns: new SigningTurns(),
    refusals: new RefusalLog({ log, monotonic: () => performance.now() }),
    sign: (body, grant) => answerBody(body, grant, { key, now, log }),
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
    listening.push(await listen(server.server, at));
    servers.push(server);
  }
  return {
    listening,
    async stop() {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
