/** Asks all five daemons how they are, side by side. */

import { type Ask, GLANCE_MS } from './ask-daemons.ts';
import type { NodeStatus } from './node-status.ts';

/** askStatus takes as long as the slowest daemon, at most GLANCE_MS. */
export async function askStatus(ask: Ask): Promise<NodeStatus> {
  const [fetcher, db, supervisor, bandwidth, gateway] = await Promise.all([
    ask('plc-fetcher', 'status', {}, GLANCE_MS),
    ask('db-service', 'status', {}, GLANCE_MS),
    ask('account-supervisor', 'status', {}, GLANCE_MS),
    ask('bwcap-agent', 'status', {}, GLANCE_MS),
    ask('api-gateway', 'status', {}, GLANCE_MS),
  ]);
  return {
    'plc-fetcher': fetcher,
    'db-service': db,
    'account-supervisor': supervisor,
    'bwcap-agent': bandwidth,
    'api-gateway': gateway,
  };
}
