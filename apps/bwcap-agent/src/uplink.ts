/** Finds the interface that the node's traffic leaves by. Reads one file, changes nothing. */
import { readOptional } from '@nodemgr/agent';

/** What the dry run pretends with on a machine without a default route. */
const PRETENDED = 'eth0';
const ROUTES = '/proc/net/route';

/** defaultRouteIn returns the interface of the best default route in the text of /proc/net/route. */
export function defaultRouteIn(text: string): string | undefined {
  const routes = text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')
    .map(([name = '', , , , , , metric]) => ({ name, metric: Number(metric) }));
  routes.sort((a, b) => a.metric - b.metric);
  return routes[0]?.name;
}

/** findUplink returns the configured interface, else that of the default route, else a pretended one. */
export async function findUplink(configured: string | undefined): Promise<string> {
  return configured ?? defaultRouteIn((await readOptional(ROUTES)) ?? '') ?? PRETENDED;
}
