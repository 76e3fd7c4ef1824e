/** For tests: a client that sends whatever bytes it is told to, and hears what comes back. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type Address = { readonly path: string } | { readonly host: string; readonly port: number };

/** RawClient is one connection. `heard` grows as the server talks; `closed` says that it hung up. */
export class RawClient {
  readonly socket: Socket;
  heard = '';
  closed = false;

  constructor(address: Address) {
    this.socket = connect(address);
    this.socket.on('data', (chunk: Buffer) => {
      this.heard += chunk.toString('utf8');
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
    // A reset by the server is one of the answers that tests look for.
    this.socket.on('error', () => undefined);
  }

  send(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  get answers(): number {
    return this.heard.split('HTTP/1.').length - 1;
  }
}

/** post makes the bytes of a request with the headers that every client sends. */
export function post(body: string, headers = '', target = '/RPC2', version = '1.1'): string {
  const length = Buffer.byteLength(body);
  return `POST ${target} HTTP/${version}\r\nHost: node\r\nContent-Length: ${length}\r\n${headers}\r\n${body}`;
}

/** RawClients are those of one test: `address` where they connect unless told otherwise. */
export class RawClients {
  readonly all: RawClient[] = [];
  readonly #address: () => Address;

  constructor(address: () => Address) {
    this.#address = address;
  }

  connect(address: Address = this.#address()): RawClient {
    const made = new RawClient(address);
    this.all.push(made);
    return made;
  }

  /** heardFrom returns what a client hears until the server hangs up. */
  async heardFrom(request: string | Buffer, address?: Address): Promise<string> {
    const made = this.connect(address).send(request);
    if (!made.closed) await once(made.socket, 'close');
    return made.heard;
  }

  end(): void {
    for (const { socket } of this.all.splice(0)) socket.destroy();
  }
}
