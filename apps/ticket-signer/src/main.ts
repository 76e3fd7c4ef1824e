/**
 * nodemgr-ticket-signer: signs tickets for callers on its list, on the authority's side. This file only
 * wires: arguments, configuration, keys, listen, READY, and on SIGTERM or SIGINT a clean stop. What only
 * an operator can put right ends it with 78 (EX_CONFIG of sysexits.h), anything else with 1.
 */
import { ConfigError } from '@nodemgr/config';
import {
  type Logger,
  lastLine,
  makeLogger,
  refuseDebugger,
  ServiceManager,
  SIGUSR1_IGNORED,
  turnCallersAway,
  unhandled,
  untilToldToStop,
  VERSION,
} from '@nodemgr/daemon';
import { native, OtherAbiError, refuseOtherAbi } from '@nodemgr/native';
import { checkSigner } from './check-signer.ts';
import { asConfigError } from './config/as-config-error.ts';
import { loadSignerConfig } from './config/load-signer-config.ts';
import { derivePlaces } from './http/derive-places.ts';
import { loadFiles, type RunningSigner, startSigner } from './signer.ts';
import { readSignerArguments, type SignerArguments, usage } from './signer-arguments.ts';

const NAME = 'nodemgr-ticket-signer';
const EX_CONFIG = 78;

async function start(file: string, log: Logger): Promise<RunningSigner> {
  const config = loadSignerConfig(file);
  const files = asConfigError(file, () => loadFiles(config));
  const places = asConfigError(file, () => derivePlaces(config, process.env, process.pid));
  const running = await startSigner(config, files, places, log);
  const { listening } = running;
  log.info({ config: file, signs_with: files.key.fingerprint, listening }, 'ready');
  log.flush();
  return running;
}

async function serve(config: string, toldToStop: Promise<string>): Promise<void> {
  let systemd: ServiceManager | undefined;
  // What it has signed is told by its log alone, and nobody else asks how that is.
  const log = await makeLogger(NAME, 'info', {
    refused: ({ message }) => systemd?.status(`the log cannot be written: ${message}`),
    written: () => systemd?.status(''),
  });
  process.on('SIGUSR1', () => log.info(SIGUSR1_IGNORED));
  const crash = (error: unknown): void => {
    const text = 'a defect: this should have been handled; exiting to be restarted';
    log.fatal({ err: unhandled(error) }, text);
    process.exit(1);
  };
  process.on('uncaughtException', crash).on('unhandledRejection', crash);
  systemd = new ServiceManager(process.env, native().notify, log);
  const running = await start(config, log);
  systemd.ready();
  log.info({ reason: await toldToStop }, 'stopping');
  systemd.stopping();
  await running.stop();
  log.info('stopped');
}

/** Says why it ends; returns the exit status. */
async function endBecauseOf(error: unknown, toldToStop?: Promise<string>): Promise<number> {
  const { message } = error as Error;
  for (const line of message.split('\n')) process.stderr.write(lastLine(NAME, line));
  if (!(error instanceof ConfigError || error instanceof OtherAbiError)) return 1;
  const pace = new AbortController();
  void toldToStop?.then(() => pace.abort());
  // Whoever waits for a signature is served once it is repaired.
  const paced = await turnCallersAway(process.env, process.pid, { stop: pace.signal });
  return paced === 'told to stop' ? 0 : EX_CONFIG;
}

/** Returns the exit status. */
async function act(args: SignerArguments): Promise<number> {
  if (args.action === 'check') return checkSigner(args);
  if (args.action === 'help') process.stdout.write(usage());
  else process.stdout.write(`${VERSION}\n`);
  return 0;
}

/** Returns the exit status. */
async function actAsService({ config, stopOnStdinEof }: SignerArguments): Promise<number> {
  const toldToStop = untilToldToStop(stopOnStdinEof);
  try {
    refuseOtherAbi();
    await serve(config, toldToStop);
    return 0;
  } catch (error) {
    return endBecauseOf(error, toldToStop);
  }
}

async function main(): Promise<void> {
  refuseDebugger();
  try {
    const args = readSignerArguments(process.argv.slice(2));
    process.exit(await (args.action === 'serve' ? actAsService(args) : act(args)));
  } catch (error) {
    process.exit(await endBecauseOf(error));
  }
}

void main();
