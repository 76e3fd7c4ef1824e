/** Calls the API as those do who are not root: from inside a sliver, and as a delegate over ssh. */
import { readFileSync } from 'node:fs';
import { decodeResponse, type XmlRpcAnswer } from '@nodemgr/xml-rpc';
import type { ApiAnswer } from '../../support/client-process.ts';
import type { NodeUnderTest } from './node-under-test.ts';
import { DELEGATE } from './render-config.ts';
import { type Finished, saidBy } from './run-command.ts';

const CLIENT = '/root/client.py';
/** The ways to the API from inside a sliver. */
export const UNIX = 'unix /run/nodemgr/api.sock';
export const TCP = 'tcp 812';

export type Call = readonly [method: string, ...params: unknown[]];

/** Who calls: a sliver, by UNIX or TCP, as its root or another of its users. */
export interface Inside {
  readonly sliver: string;
  readonly how: string;
  readonly user?: string;
}

/** putClientInto leaves a client in a sliver, for callsFromInside. */
export async function putClientInto(node: NodeUnderTest, sliver: string): Promise<void> {
  const input = readFileSync('test/support/xmlrpc_client.py');
  await node.inWell(sliver, `cat > ${CLIENT}; chmod 755 /root ${CLIENT}`, { input });
}

/** runClientInside makes calls from inside a sliver. */
export function runClientInside(
  node: NodeUnderTest,
  { sliver, how, user }: Inside,
  ...list: readonly Call[]
): Promise<Finished> {
  const input = list
    .map(([method, ...params]) => `${JSON.stringify({ method, params })}\n`)
    .join('');
  const as = user === undefined ? '' : `runuser -u ${user} -- `;
  return node.in(sliver, `${as}python3 ${CLIENT} ${how}`, { input });
}

/** callsFromInside is runClientInside for calls that are answered; returns what came of each. */
export async function callsFromInside(
  node: NodeUnderTest,
  as: Inside,
  ...list: readonly Call[]
): Promise<readonly ApiAnswer[]> {
  const finished = await runClientInside(node, as, ...list);
  const { code, stdout } = finished;
  if (code !== 0) throw new Error(`in ${as.sliver}: ${saidBy(finished)}`);
  const lines = stdout.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as ApiAnswer);
}

/** callXml returns the text of a call whose parameters are all strings. */
export function callXml(method: string, params: readonly string[]): string {
  const values = params.map((text) => `<param><value><string>${text}</string></value></param>`);
  return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values.join('')}</params></methodCall>`;
}

/** callAsDelegate is `ssh del_snoop@node < request.xml > answer.xml`: all of it must be the answer. */
export async function callAsDelegate(
  { machine, keys }: NodeUnderTest,
  method: string,
  ...params: readonly string[]
): Promise<XmlRpcAnswer> {
  const input = callXml(method, params);
  const finished = await machine.sshAs(DELEGATE, keys.delegate, [], { input });
  const { code, stdout } = finished;
  if (code !== 0) throw new Error(`as a delegate: ${saidBy(finished)}`);
  return decodeResponse(Buffer.from(stdout));
}
