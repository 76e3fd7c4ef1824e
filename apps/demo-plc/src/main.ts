/**
 * demo-plc: a small PLC to develop and demonstrate against. Serves one slices.xml over HTTPS with a CA
 * of its own making, the same as an answer to GetSlivers, and tickets for the slices in it that are marked so. It decides nothing about
 * slices. This file only wires.
 */
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Logger,
  makeLogger,
  refuseDebugger,
  SIGUSR1_IGNORED,
  untilToldToStop,
} from '@nodemgr/daemon';
import { ApiOffice } from './api-office.ts';
import { certificateFiles } from './certificate-files.ts';
import { nodeKeyFile } from './node-key-file.ts';
import { type Manner, readManners } from './plan-call.ts';
import { replaceFile } from './replace-file.ts';
import { type DocumentServer, serveDocument } from './serve-document.ts';
import { DocumentFile } from './served-document.ts';
import { ticketKeyFiles } from './ticket-key-files.ts';
import { TicketOffice } from './ticket-office.ts';

const USAGE = `usage: demo-plc --slices FILE --dir DIR [--port P] [--faults LIST]
                [--stop-on-stdin-eof]
  --slices FILE        the document; read again when it changes on disk
  --dir DIR            where its keys and certificates are kept, and while it runs \`url\` and \`pid\`
  --port P             on 127.0.0.1; 0, the default: any that is free
  --faults LIST        such as 103,500,html,cut,slow: answer GetSlivers rightly, then so in turn, and so on
  --stop-on-stdin-eof  stop when standard input ends
POST /PLCAPI/ answers GetSlivers to nodes that sign with the key in DIR/node.key.
GET /tickets/SLICE.xml is a ticket for a slice that has <ticket_nodes>, beside its <nodes>, in the document.
`;

interface Arguments {
  readonly slices: string;
  readonly dir: string;
  readonly port: number;
  readonly manners: readonly Manner[];
  readonly stopOnStdinEof: boolean;
}

interface Serving {
  readonly stop: () => Promise<void>;
}

function readArguments(): Arguments | 'help' {
  const { values } = parseArgs({
    options: {
      slices: { type: 'string' },
      dir: { type: 'string' },
      port: { type: 'string', default: '0' },
      faults: { type: 'string' },
      'stop-on-stdin-eof': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const { slices, dir, port } = values;
  if (slices === undefined || dir === undefined) throw new Error('--slices and --dir are needed');
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new Error(`--port ${port} is not allowed; a number from 0 to 65535 is`);
  }
  const stopOnStdinEof = values['stop-on-stdin-eof'];
  const places = { slices: resolve(slices), dir: resolve(dir), port: Number(port) };
  return { ...places, manners: readManners(values.faults), stopOnStdinEof };
}

/** How often certificates are looked at (milliseconds): the clock may have been set since they were made. */
const LOOK_MS = 60_000;

/**
 * Tells whoever knows the folder where we serve, and whom to stop; returns the end of that. Whoever only
 * fetches needs none of it: where it cannot be written or removed, the log says so.
 */
async function leaveNotes(dir: string, origin: string, log: Logger): Promise<() => Promise<void>> {
  const notes = { url: origin, pid: String(process.pid) };
  const paths = Object.entries(notes).map(([name, text]) => ({ path: join(dir, name), text }));
  const attempt = (action: () => Promise<void>) =>
    action().catch((error: unknown) => log.warn({ err: error, dir }, 'a note cannot be changed'));
  for (const { path, text } of paths) await attempt(() => replaceFile(path, `${text}\n`));
  return async () => {
    for (const { path } of paths) await attempt(() => rm(path, { force: true }));
  };
}

/** Has the server use certificates that are valid whatever the clock is set to; returns the end of that. */
function keepValid(server: DocumentServer, dir: string, log: Logger): () => void {
  const look = async () => {
    try {
      server.use(await certificateFiles(dir, new Date()));
    } catch (error) {
      log.warn({ err: error, dir }, 'the certificates cannot be looked at; tried again');
    }
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  return () => clearInterval(timer);
}

async function serve({ slices, dir, port, manners }: Arguments, log: Logger): Promise<Serving> {
  const certificates = await certificateFiles(dir, new Date());
  const keys = await ticketKeyFiles(dir);
  const tickets = new TicketOffice(keys.privateKey);
  const file = new DocumentFile(slices);
  const node = await nodeKeyFile(dir);
  const api = new ApiOffice({ file, key: node.key, manners, log });
  const server = await serveDocument({ file, tickets, api, certificates, port, log });
  const { url, apiUrl, origin } = server;
  const removeNotes = await leaveNotes(dir, origin, log);
  const stopLooking = keepValid(server, dir, log);
  log.info({ url, slices }, 'ready');
  const files = {
    ca_file: certificates.caFile,
    ticket_keys_file: keys.publicKeysFile,
    node_key_file: node.file,
  };
  const facts = { url, api_url: apiUrl, ...files };
  process.stdout.write(`${JSON.stringify(facts)}\n`);
  const stop = async () => {
    stopLooking();
    await removeNotes();
    await server.close();
  };
  return { stop };
}

async function run(args: Arguments): Promise<void> {
  const toldToStop = untilToldToStop(args.stopOnStdinEof);
  const log = await makeLogger('demo-plc', 'info');
  process.on('SIGUSR1', () => log.info(SIGUSR1_IGNORED));
  const serving = await Promise.race([serve(args, log), toldToStop]);
  log.info({ reason: await toldToStop }, 'stopping');
  if (typeof serving === 'string') return;
  await serving.stop();
}

async function main(): Promise<void> {
  refuseDebugger();
  try {
    const args = readArguments();
    if (args === 'help') process.stdout.write(USAGE);
    else await run(args);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`demo-plc: cannot start: ${(error as Error).message}\n`);
    process.exit(1);
  }
}

void main();
