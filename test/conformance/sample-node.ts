/** The node that the clients are tried on: slivers whose resources the tests know. */
import type { ClientTarget } from '../support/client-process.ts';
import { DemoNode } from '../support/demo-node.ts';
import { aDocument } from '../support/slices-document.ts';

export const LENDER = 'princeton_sirius';
export const BORROWER = 'princeton_eisentest';
/** Has a resource over 31 bits. */
export const WIDE = 'mit_dht';
export const OVER_31_BITS = 5_000_000_000;

export const METHODS: readonly string[] = [
  ...['Help', 'CreateSliver', 'DeleteSliver', 'Start', 'Stop', 'GetRSpec', 'GetEffectiveRSpec'],
  ...['GetLoans', 'SetLoans', 'Ticket', 'DumpDatabase', 'Create', 'Destroy', 'ReCreate'],
  ...['GetXIDs', 'GetSSHKeys', 'GetRecord', 'GetUsage'],
  ...['listMethods', 'methodHelp', 'methodSignature', 'multicall'].map((name) => `system.${name}`),
];

/** startSampleNode starts a node with three slivers. */
export function startSampleNode(): Promise<DemoNode> {
  return DemoNode.start({
    slices: aDocument(
      // Over 31 bits its expiry, in GetRecord, would be an <i8>, which is WIDE's to try.
      { name: LENDER, expiry: 2_000_000_000, rspec: { nm_cpu_guaranteed_share: 200, odd: 3 } },
      { name: BORROWER },
      { name: WIDE, rspec: { nm_net_max_rate: OVER_31_BITS } },
    ),
  });
}

/** targetOf returns where a client finds a node's API. */
export function targetOf(node: DemoNode, kind: 'tcp' | 'unix'): ClientTarget {
  return kind === 'tcp' ? { tcp: node.port } : { unix: node.apiSocket };
}
