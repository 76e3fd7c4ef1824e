/** Which user ids of this machine are our slivers' and delegates', by passwd(5) and subuid(5). */
export { FreshRead } from './fresh-read.ts';
export {
  type Account,
  type AccountShells,
  type IdRange,
  NO_ACCOUNTS,
  NodeAccounts,
  nodeAccountsFrom,
} from './node-accounts.ts';
export {
  type NodeAccountsReader,
  type WatchOptions,
  watchNodeAccounts,
} from './watch-node-accounts.ts';
