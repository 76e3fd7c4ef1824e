/** The one table of methods: every method of the API, in the order in which Help shows them. */
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

/** makeMethodTable makes the table. */
export function makeMethodTable(): MethodTable {
  const [help, ...system] = systemMethods(() => table);
  const methods = [help, ...SLIVER_METHODS, dumpDatabaseMethod, ticketMethod, ...system];
  const table = new Map(
    methods.flatMap((method): [string, ApiMethod][] =>
      method === undefined ? [] : [[method.name, method]],
    ),
  );
  return table;
}
