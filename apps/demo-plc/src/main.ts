/**
 * demo-plc: a small PLC to develop and demonstrate against. Serves one slices.xml over HTTPS with a CA
 * of its own making. It decides nothing about slices. This file only wires.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Logger, makeLogger } from '@nodemgr/daemon';
import { certificateFiles } from './certificate-files.ts';
import { type DocumentServer, serveDocument } from './serve-document.ts';
import { DocumentFile } from './served-document.ts';

const USAGE = `usage: demo-plc --slices FILE --dir DIR [--port P] [--stop-on-stdin-eof]
  --slices FILE        the document; read again when it changes on disk
  --dir DIR            where the CA and the server's certificate are kept
  --port P             on 127.0.0.1; 0, the default: any that is free
  --stop-on-stdin-eof  stop when standard input ends
`;

interface Arguments {
  readonly slices: string;
  readonly dir: string;
  readonly port: number;
  readonly stopOnStdinEof: boolean;
}

function readArguments(): Arguments | 'help' {
  const { values } = parseArgs({
    options: {
      slices: { type: 'string' },
      dir: { type: 'string' },
      port: { type: 'string', default: '0' },
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
  return { slices: resolve(slices), dir: resolve(dir), port: Number(port), stopOnStdinEof };
}

/** untilToldToStop resolves with the reason. */
function untilToldToStop(stopOnStdinEof: boolean): Promise<string> {
  return new Promise((tell) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => tell(signal));
    if (!stopOnStdinEof) return;
    process.stdin.on('end', () => tell('end of standard input'));
    process.stdin.on('error', () => tell('standard input broke'));
    process.stdin.resume();
  });
}

async function serve({ slices, dir, port }: Arguments, log: Logger): Promise<DocumentServer> {
  const certificates = await certificateFiles(dir, new Date());
  const server = await serveDocument({ file: new DocumentFile(slices), certificates, port, log });
  const { url } = server;
  log.info({ url, slices }, 'ready');
  process.stdout.write(`${JSON.stringify({ url, ca_file: certificates.caFile })}\n`);
  return server;
}

async function run(args: Arguments): Promise<void> {
  const toldToStop = untilToldToStop(args.stopOnStdinEof);
  const log = await makeLogger('demo-plc', 'info');
  const server = await Promise.race([serve(args, log), toldToStop]);
  log.info({ reason: await toldToStop }, 'stopping');
  if (typeof server !== 'string') await server.close();
}

async function main(): Promise<void> {
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
