/** For tests: clients that are other users of this machine, which takes root. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import { tcpPeerOwnerOf } from '@nodemgr/native';
import type { NodeAccounts } from '@nodemgr/node-accounts';
import { identifyBySocket } from '../caller/identify-caller.ts';
import { type RunningGateway, startGateway } from './running-gateway.ts';

/**
 * Keeps 400 connections to the place (its first argument) busy with the text (its second), a new one for
 * each that is closed, and says so once all have been tried.
 */
export const GREEDY = `
const [at, text] = [JSON.parse(process.argv[1]), process.argv[2].replaceAll('|', '\\r\\n')];
let tried = 0;
const open = () => {
  const socket = require('node:net').connect(...at);
  const note = () => { if (++tried === 400) console.log('tried'); };
  socket.on('connect', () => { socket.write(text); note(); }).on('error', () => {}).resume();
  socket.on('close', () => setTimeout(open, 5));
};
for (let at = 0; at < 400; at += 1) open();
`;
/**
 * Sends its second argument to its first, prints how the answer begins. Where the kernel's queue is full
 * it asks again: most clients wait in connect(2), which Node.js does not.
 */
export const POLITE = `
const ask = () => {
  const socket = require('node:net').connect(...JSON.parse(process.argv[1]));
  socket.on('connect', () => socket.write(process.argv[2]));
  socket.on('data', (data) => process.stdout.write(data));
  socket.on('error', ({ code }) => code === 'EAGAIN' && setTimeout(ask, 10));
};
ask();
`;

export type Place = 'unix' | 'tcp';

/** addressOf makes the first argument of a program above. */
export const addressOf = ({ path, tcp }: RunningGateway, place: Place): string =>
  JSON.stringify(place === 'unix' ? [path] : [tcp.port, tcp.host]);

/** UserClients are the processes of one test; `end` ends them. */
export class UserClients {
  readonly #children: ChildProcess[] = [];

  /** printed returns the first that a program prints as that user; '' when it ends without a word. */
  async printed(uid: number, program: string, ...args: string[]): Promise<string> {
    const child = spawn(process.execPath, ['-e', program, ...args], {
      ...{ uid, gid: uid, cwd: '/', env: {} },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    let text = '';
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
    });
    await Promise.race([once(child, 'exit'), once(child.stdout, 'data')]);
    return text;
  }

  end(): void {
    for (const child of this.#children.splice(0)) child.kill('SIGKILL');
  }
}

/** startGatewayForUsers runs the API with so many places, where the kernel says who calls, and lets all users in. */
export async function startGatewayForUsers(
  accounts: NodeAccounts,
  places: number,
): Promise<RunningGateway> {
  const identify = identifyBySocket({
    rootUids: [0],
    accounts: { current: async () => accounts },
    tcpOwners: { ownerOf: tcpPeerOwnerOf },
  });
  const running = await startGateway({ max_connections: places }, identify);
  await chmod(dirname(running.path), 0o755);
  return running;
}
