/** What the processes said when last asked, and whether the node is ready. Pure. */
import type {
  BandwidthStatus,
  DbStatus,
  FetcherStatus,
  GatewayStatus,
  ObservedAccountView,
  SupervisorStatus,
} from '@nodemgr/contracts';

export interface NodeLook {
  readonly fetcher: FetcherStatus | undefined;
  readonly db: DbStatus | undefined;
  readonly supervisor: SupervisorStatus | undefined;
  readonly bandwidth: BandwidthStatus | undefined;
  readonly gateway: GatewayStatus | undefined;
}

/** What db-service wants and what account-supervisor sees, account by account. */
export interface AccountsLook {
  readonly accounts: readonly { readonly name: string; readonly item: unknown }[];
  readonly observed: readonly ObservedAccountView[];
}

/** Either ready, or what is being waited for. */
export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false; readonly waitsFor: string };

const waiting = (waitsFor: string): Readiness => ({ ready: false, waitsFor });

/**
 * judgeReadiness: the first poll has ended one way or another, db-service holds a document of PLC's
 * (fetched, or kept from before), and everyone has caught up with what db-service holds.
 */
export function judgeReadiness(look: NodeLook): Readiness {
  const { fetcher, db, supervisor, bandwidth, gateway } = look;
  const silent = Object.entries({ fetcher, db, supervisor, bandwidth, gateway })
    .filter(([, status]) => status === undefined)
    .map(([name]) => name);
  if (!fetcher || !db || !supervisor || !bandwidth || !gateway) {
    return waiting(`${silent.join(', ')} to start`);
  }
  if (fetcher.detail.last_poll === undefined) return waiting('the first answer of PLC');
  if (db.detail.sources['plc'] === undefined) {
    const { outcome, reason = outcome } = fetcher.detail.last_poll;
    return waiting(`a document from PLC (${fetcher.failures[0]?.reason ?? reason})`);
  }
  const target = db.detail.revision;
  if ((supervisor.detail.converged_revision ?? -1) < target) return waiting('the slivers');
  if ((bandwidth.detail.converged_revision ?? -1) < target) return waiting('the bandwidth limits');
  if ((gateway.detail.feed.revision ?? -1) < target) return waiting('the API');
  return { ready: true };
}

const BAR_WIDTH = 24;

/** renderProgress is one line: how many of the accounts are as they should be, and what is waited for. */
export function renderProgress(look: NodeLook, readiness: Readiness): string {
  const { running = 0, stopped = 0, desired = 0 } = look.supervisor?.detail.accounts ?? {};
  const settled = Math.min(desired, running + stopped);
  const filled = desired === 0 ? 0 : Math.round((settled / desired) * BAR_WIDTH);
  const bar = '#'.repeat(filled).padEnd(BAR_WIDTH, '.');
  const rest = readiness.ready ? 'done' : `waiting for ${readiness.waitsFor}`;
  const off = stopped === 0 ? '' : `, ${stopped} stopped`;
  return `accounts [${bar}] ${running} up${off} of ${desired}, ${rest}`;
}
