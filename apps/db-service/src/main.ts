/** db-service: owns the database, the only writer. This file only wires. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CallServer, type FeedPublisher, publishFeed, serveCalls } from '@nodemgr/bus';
import { dbOperatorContract, deliverContract, writeContract } from '@nodemgr/contracts';
import {
  type DaemonContext,
  holdLock,
  machineClock,
  type RunningDaemon,
  readBootId,
  runDaemon,
  sleep,
  TrustedClock,
} from '@nodemgr/daemon';
import { DATABASE, StateKeeper } from './commit/state-keeper.ts';
import { Deliveries } from './deliver/take-deliveries.ts';
import { EXPIRY, startSweeping, sweeper } from './expiry/sweep-expiry.ts';
import type { LeaseTerms } from './leases/leases-in-force.ts';
import { operatorHandlers } from './report/answer-operator.ts';
import { type Loaded, loadState } from './store/load-state.ts';
import type { BadRow } from './store/row-schemas.ts';
import { RationedWork } from './tickets/rationed-work.ts';
import { Tickets } from './tickets/take-tickets.ts';
import { TICKETS, TrustedKeysFile } from './tickets/trusted-keys-file.ts';
import { WriteQueue, writeHandlers } from './writes/take-writes.ts';

/** The parts that the servers need. */
interface Parts {
  readonly keeper: StateKeeper;
  readonly deliveries: Deliveries;
  readonly clock: TrustedClock;
  readonly tickets: Tickets;
  readonly trustedKeys: TrustedKeysFile;
  readonly bootId: string;
  readonly salvage: Loaded['salvage'];
}

const subjectOf = ({ table, key }: Pick<BadRow, 'table' | 'key'>): string => `${table} ${key}`;

/** The runtime directory's lock does not do: two may have different ones, and one state directory. */
function loadOwnState({ config, log, failures }: DaemonContext): Loaded {
  const folder = join(config.node.state_dir, 'db');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  holdLock(join(folder, 'lock'), 'another db-service has this database');
  const loaded = loadState(join(folder, 'nodemgr.sqlite'), log);
  for (const bad of loaded.badRows) {
    failures.report({
      code: 'database-row',
      subject: subjectOf(bad),
      action: 'read the database',
      reason: bad.why,
    });
  }
  return loaded;
}

/** A ticket waits for its turn no longer than the gateway does. */
const TICKETS_WAITING = { maxWaiting: 8, maxWaitMs: 5000 };

function makeTickets(
  { config, signal, log }: DaemonContext,
  { keeper, clock, deliveries, trustedKeys }: Omit<Parts, 'tickets' | 'bootId' | 'salvage'>,
): Tickets {
  const { allow_rsa_sha1: allowRsaSha1 } = config.tickets;
  const ration = new RationedWork({
    ...TICKETS_WAITING,
    what: 'tickets',
    now: () => performance.now(),
    pause: (ms) => sleep(ms, signal),
  });
  const nodeId = config.node.id;
  const sweep = () => deliveries.sweep();
  return new Tickets({ keeper, clock, nodeId, allowRsaSha1, trustedKeys, ration, sweep, log });
}

const leaseTermsOf = ({ leases }: DaemonContext['config']): LeaseTerms => ({
  besideHolder: leases.beside_holder,
  raise: leases.raise,
});

function makeParts(
  context: DaemonContext,
  loaded: Loaded,
  publish: FeedPublisher['publish'],
): Parts {
  const { config, log, failures } = context;
  const { store, state, revision, salvage } = loaded;
  const bootId = readBootId(config.node.boot_id_file);
  const clock = new TrustedClock(machineClock(failures), config.clock);
  const keeper = new StateKeeper({
    store,
    state,
    revision,
    terms: { defaults: config.rspec_defaults, leases: leaseTermsOf(config) },
    publish,
    now: Date.now,
    eventMs: clock.stamps(store.history.newestAt()),
    failures,
    committed(rows) {
      for (const row of rows) failures.clear(subjectOf(row));
    },
    damaged(error) {
      log.fatal({ err: error }, 'the database is damaged; restarting to salvage it');
      process.exit(1);
    },
  });
  const deliveries = new Deliveries({
    keeper,
    clock,
    guard: config.guard,
    defaults: config.rspec_defaults,
    bootId,
    keepSeconds: config.accounts.keep_files_seconds,
    failures,
    log,
  });
  const trustedKeys = new TrustedKeysFile({
    path: config.tickets.trusted_keys_file,
    failures,
    log,
  });
  const tickets = makeTickets(context, { keeper, clock, deliveries, trustedKeys });
  return { keeper, deliveries, clock, tickets, trustedKeys, bootId, salvage };
}

/** The looks that are taken every second, and whenever an operator asks. */
type Looks = Readonly<Record<string, () => void>>;

function serveAll(context: DaemonContext, parts: Parts, looks: Looks): Promise<CallServer[]> {
  const { endpoints, log, failures, commonStatus } = context;
  const { keeper, deliveries, clock, tickets } = parts;
  return Promise.all([
    serveCalls({
      path: endpoints.deliver,
      contract: deliverContract,
      handlers: {
        full_update: (params) => deliveries.full(params),
        held_source: ({ source }) => deliveries.held(source),
      },
      log,
    }),
    serveCalls({
      path: endpoints.write,
      contract: writeContract,
      handlers: {
        ...writeHandlers(new WriteQueue({ keeper, now: () => clock.now, log })),
        deliver_ticket: (params) => tickets.deliver(params),
      },
      log,
    }),
    serveCalls({
      path: endpoints.operator['db-service'],
      contract: dbOperatorContract,
      handlers: operatorHandlers({ ...parts, looks, failures, commonStatus }),
      log,
    }),
  ]);
}

async function start(context: DaemonContext): Promise<RunningDaemon> {
  const { endpoints, log, failures } = context;
  const loaded = loadOwnState(context);
  const parts = makeParts(context, loaded, (change) => feed.publish(change));
  const { keeper, deliveries, trustedKeys } = parts;
  const feed = await publishFeed({
    changes: endpoints.feedChanges,
    snapshot: endpoints.feedSnapshot,
    current: () => keeper.snapshot(),
    position: () => keeper.position,
    log,
  });
  const looks = {
    [EXPIRY]: sweeper(() => deliveries.sweep(), failures, log),
    [TICKETS]: () => trustedKeys.lookAgain(),
    [DATABASE]: () => keeper.tryAgain(),
  };
  const stopSweeping = startSweeping(
    () => {
      for (const look of Object.values(looks)) look();
    },
    () => {
      const next = deliveries.nextLeaseChange();
      // A timer may fire within the last millisecond before its time.
      return next === undefined ? undefined : next * 1000 - Date.now() + 1;
    },
  );
  const servers = await serveAll(context, parts, looks);
  return {
    async stop() {
      stopSweeping();
      await Promise.all(servers.map((server) => server.close()));
      await feed.close();
      loaded.store.close();
    },
  };
}

void runDaemon('db-service', start);
