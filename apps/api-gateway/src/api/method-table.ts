/** The one table of methods: every method of the API, in the order in which Help shows them. */
import { isSliver } from '@nodemgr/records';
import type { ApiMethod, MethodTable, NodeMethod } from './api-method.ts';
import { requireFeed } from './check-call.ts';
import { dumpDatabase } from './dump-database.ts';
import { SLIVER_METHODS } from './sliver-methods.ts';
import { systemMethods } from './system-methods.ts';
import { ticketMethod } from './ticket-method.ts';

const dumpDatabaseMethod: NodeMethod = {
  name: 'DumpDatabase',
  who: 'root',
  readsReplica: true,
  parameters: [],
  result: { type: 'string', meaning: 'JSON: an object with every record by its record_key' },
  meaning: 'All records of this node, with the facts that the node itself keeps beside them.',
  faults: ['unavailable'],
  run({ replica }) {
    requireFeed(replica);
    return dumpDatabase(replica.items);
  },
};

const getXids: NodeMethod = {
  name: 'GetXIDs',
  who: 'all',
  parameters: [],
  result: { type: 'struct', meaning: 'user ids by the names of slivers' },
  meaning: 'The user id of each sliver whose account is on the machine.',
  run: async ({ machine }) => Object.fromEntries(await machine.sliverUids()),
};

const getSshKeys: NodeMethod = {
  name: 'GetSSHKeys',
  who: 'root',
  readsReplica: true,
  parameters: [],
  result: { type: 'struct', meaning: 'keys, one a line, by the names of slivers' },
  meaning: 'The ssh keys of each sliver that has a record.',
  faults: ['unavailable'],
  run({ replica }) {
    requireFeed(replica);
    const keys = [...replica.items.values()].flatMap((item) =>
      item.kind === 'account' && isSliver(item.record)
        ? [[item.record.name, item.record.ssh_keys] as const]
        : [],
    );
    return Object.fromEntries(keys);
  },
};

/** makeMethodTable makes the table. */
export function makeMethodTable(): MethodTable {
  const [help, ...system] = systemMethods(() => table);
  const ofNode = [getXids, getSshKeys, dumpDatabaseMethod, ticketMethod];
  const methods = [help, ...SLIVER_METHODS, ...ofNode, ...system];
  const table = new Map(
    methods.flatMap((method): [string, ApiMethod][] =>
      method === undefined ? [] : [[method.name, method]],
    ),
  );
  return table;
}
