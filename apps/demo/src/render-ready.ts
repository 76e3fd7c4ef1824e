/** What the demo prints once everything is up: the line that scripts wait for, and how to go on. Pure. */
import type { AccountsLook } from './node-look.ts';
import { renderSlivers, sliverNames } from './render-slivers.ts';

export interface ReadyNode {
  /** 0: no TCP. */
  readonly tcpPort: number;
  readonly apiSocket: string;
  /** The flag that makes nmctl find this node; empty when it does by itself. */
  readonly stateFlag: string;
  readonly slivers: AccountsLook;
}

/** The sliver that the documentation speaks of, where there is one. */
const FAVOURITE = 'princeton_sirius';

function examples({ tcpPort, stateFlag, slivers }: ReadyNode): readonly string[] {
  const names = sliverNames(slivers);
  const name = names.includes(FAVOURITE) ? FAVOURITE : names[0];
  const call = name === undefined ? 'Help()' : `GetRSpec("${name}")`;
  const words = name === undefined ? 'Help' : `GetRSpec ${name}`;
  const url = `http://127.0.0.1:${tcpPort}`;
  const nmctl = ['npx nmctl', stateFlag].filter(Boolean).join(' ');
  const python = `python3 -c 'import xmlrpc.client; print(xmlrpc.client.ServerProxy("${url}").${call})'`;
  return [...(tcpPort === 0 ? [] : [python]), `${nmctl} call ${words}`, `${nmctl} status`];
}

/**
 * renderReady returns the table of slivers, the `ready` line and examples. The `ready` line is used by
 * scripts: `ready tcp ADDRESS unix PATH`.
 */
export function renderReady(node: ReadyNode): readonly string[] {
  const tcp = node.tcpPort === 0 ? 'none' : `127.0.0.1:${node.tcpPort}`;
  return [
    ...renderSlivers(node.slivers),
    `ready tcp ${tcp} unix ${node.apiSocket}`,
    'Call the API:',
    ...examples(node).map((line) => `  ${line}`),
    'Ctrl-C stops everything; the state is kept.',
  ];
}
