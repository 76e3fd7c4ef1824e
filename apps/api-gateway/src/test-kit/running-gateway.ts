/** For tests: the whole API on real sockets, with the rest of the node pretended. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkConfig } from '@nodemgr/config';
import { hostUid } from '@nodemgr/records';
import { decodeResponse, encodeCall, type XmlRpcAnswer, type XmlRpcValue } from '@nodemgr/xml-rpc';
import type { Caller } from '../caller/caller.ts';
import type { IdentifyCaller } from '../caller/identify-caller.ts';
import { Gateway } from '../gateway.ts';
import { PretendedNode } from './pretended-node.ts';

export const ROOT: Caller = { kind: 'root', uid: hostUid(0) };

/** An address of the machine itself on which the gateway was told to listen. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

export interface RunningGateway {
  readonly node: PretendedNode;
  readonly gateway: Gateway;
  readonly path: string;
  readonly tcp: TcpAddress;
  readonly logged: Record<string, unknown>[];
  /** Whom connections accepted from now on come from. */
  caller: Caller;
  /** The gateway's clock: milliseconds that only grow. */
  now: () => number;
  call(method: string, ...params: readonly XmlRpcValue[]): Promise<XmlRpcAnswer>;
  stop(): Promise<void>;
}

type ApiLimits = Parameters<typeof limitsOf>[0];

function limitsOf(api: Readonly<Record<string, number>>) {
  const tree = { node: { id: 1 }, plc: { url: 'https://plc.example/slices.xml' }, api };
  return checkConfig(tree, 'test').api;
}

/** startGateway runs the API on a Unix socket and a TCP port of its own. */
export async function startGateway(
  limits: ApiLimits = {},
  identify?: IdentifyCaller,
): Promise<RunningGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'api-gateway-'));
  const path = join(folder, 'api.sock');
  const node = new PretendedNode();
  const logged: Record<string, unknown>[] = [];
  const note = (fields: object, text: string) => logged.push({ ...fields, msg: text });
  const running = { caller: ROOT, now: () => performance.now() };
  const gateway = new Gateway(
    {
      replica: node,
      heard: node.heard,
      writes: node,
      machine: node,
      identify: identify ?? (async () => running.caller),
      now: () => running.now(),
      log: { info: note, error: note },
    },
    limitsOf(limits),
  );
  await gateway.listen({ path });
  const tcp = await gateway.listen({ host: '127.0.0.1', port: 0 });
  const port = tcp.kind === 'tcp' ? Number(tcp.tcp.split(':').at(-1)) : 0;
  return Object.assign(running, {
    node,
    gateway,
    path,
    tcp: { host: '127.0.0.1', port },
    logged,
    async call(method: string, ...params: readonly XmlRpcValue[]) {
      const response = await fetch(`http://127.0.0.1:${port}/RPC2`, {
        method: 'POST',
        body: encodeCall(method, params),
        headers: { Connection: 'close' },
      });
      return decodeResponse(Buffer.from(await response.arrayBuffer()));
    },
    async stop() {
      await gateway.close();
      await rm(folder, { recursive: true, force: true });
    },
  });
}
