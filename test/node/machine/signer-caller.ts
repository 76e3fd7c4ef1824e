/** A user of the machine who asks the ticket signer from there, by way of sockets that ssh leads here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Answered,
  askOnSocket,
  askOverTls,
} from '../../../apps/ticket-signer/src/test-kit/ask-signer.ts';
import type { TestIdentity } from '../../../apps/ticket-signer/src/test-kit/make-identities.ts';
import { freePort } from '../../support/free-port.ts';
import { eventually, PATIENCE_MS } from './eventually.ts';
import { makeKey, type NodeMachine } from './node-machine.ts';
import { SshDoor } from './ssh-door.ts';

const SOCKET = '/run/nodemgr-ticket-signer/sign.sock';
/** Where nodemgr-ticket-signer-tls.socket listens. */
const TLS = '127.0.0.1:1813';

async function makeUser(machine: NodeMachine, name: string, publicKey: string): Promise<number> {
  await machine.root(['useradd', '--system', '--create-home', '--shell', '/bin/sh', name]);
  await machine.root(
    [
      ...['runuser', '-u', name, '--', 'sh', '-euc'],
      'umask 077; mkdir ~/.ssh; cat > ~/.ssh/authorized_keys',
    ],
    { input: publicKey },
  );
  return Number(await machine.root(['id', '--user', name]));
}

export class SignerCaller {
  private constructor(
    private readonly machine: NodeMachine,
    private readonly door: SshDoor,
    private readonly socket: string,
    private readonly tlsPort: number,
    readonly uid: number,
  ) {}

  /** make makes the user `name` on the machine, and stays connected as that user until `remove`. */
  static async make(machine: NodeMachine, name: string): Promise<SignerCaller> {
    const { folder, sshPort: port } = machine.place;
    const [keyFile, socket] = [join(folder, `caller-${name}`), join(folder, `${name}.sock`)];
    await makeKey(keyFile);
    const uid = await makeUser(machine, name, readFileSync(`${keyFile}.pub`, 'utf8'));
    const tlsPort = await freePort();
    const door = new SshDoor({
      ...{ user: name, port, keyFile, controlPath: join(folder, name) },
      sockets: [
        [socket, SOCKET],
        [`127.0.0.1:${tlsPort}`, TLS],
      ],
    });
    await door.open({ timeoutMs: PATIENCE_MS });
    return new SignerCaller(machine, door, socket, tlsPort, uid);
  }

  /** ask asks on the Unix socket, where the kernel says who this is. */
  ask(body: string): Promise<Answered> {
    return askOnSocket(this.socket, body);
  }

  /** askOverTls asks with a certificate, or without one; `ca` is whom the server's own must be of. */
  askOverTls(ca: string, identity: TestIdentity | undefined, body: string): Promise<Answered> {
    return askOverTls(this.tlsPort, ca, identity, body);
  }

  /** remove leaves nothing of the user on the machine. */
  async remove(): Promise<void> {
    const { user } = this.door.door;
    await this.door.closed();
    // What its login has begun outlives the connection for a while.
    await this.machine.root(['systemctl', 'stop', `user-${this.uid}.slice`]);
    await eventually(() => this.machine.root(['userdel', '--remove', user]));
  }
}
