/** Answers an operator's questions about the accounts. It only reads, but for retry and forget. */
import { type ReconcileLoop, retryFailing } from '@nodemgr/agent';
import type { Handlers } from '@nodemgr/bus';
import {
  FORGET_MS,
  type ForgetResult,
  type ObservedAccountView,
  type PeriodAmounts,
  type PlanResult,
  RETRY_MS,
  type Readings,
  type supervisorOperatorContract,
  type UsageContract,
  usageOf,
} from '@nodemgr/contracts';
import type { CommonStatus, FailureBoard } from '@nodemgr/daemon';
import type { AccountName } from '@nodemgr/records';
import type { SliverLook, UsageHistory } from '@nodemgr/usage-history';
import { shouldExist } from '../desired/desired-account.ts';
import type { AccountHistory } from '../history/account-history.ts';
import { AMOUNTS } from '../limits/table.ts';
import type { Machine, SliverCounted } from '../machine/port.ts';
import {
  ABSENT,
  isExpired,
  isObservedSliver,
  type KeptSliver,
  type ObservedAccount,
  type ObservedSliver,
  UNDATED,
} from '../observed/observed-account.ts';
import type { DecidedStep, Decision } from '../plan/decide-account.ts';
import { type IdPolicy, idsOf, type Slot } from '../slots/account-ids.ts';
import type { AccountSupervisor } from '../supervisor.ts';
import { wantedReadings } from './wanted-readings.ts';

/** A machine that is asked what is in force has this long to answer (milliseconds). */
const READINGS_MS = 3_000;

export interface OperatorParts {
  readonly supervisor: AccountSupervisor;
  readonly machine: Machine;
  readonly history: Pick<AccountHistory, 'events' | 'decisionsOn'>;
  readonly use: Pick<UsageHistory, 'rows' | 'days'>;
  readonly bootId: string;
  readonly policy: IdPolicy;
  readonly loop: ReconcileLoop<AccountName, ObservedAccount, DecidedStep, Decision>;
  readonly failures: Pick<FailureBoard, 'find'>;
  readonly commonStatus: () => CommonStatus;
}

type Detail = ObservedAccountView['detail'];
type Status = ReturnType<Handlers<typeof supervisorOperatorContract>['status']>;

/** A delegate has nothing that runs: it counts as running when it exists. */
function countAccounts(accounts: Iterable<ObservedAccount>) {
  const counts = { running: 0, stopped: 0 };
  for (const account of accounts) {
    const { state } = account;
    if (state === 'running' || state === 'delegate') counts.running += 1;
    else if (state === 'stopped' && !isExpired(account)) counts.stopped += 1;
  }
  return counts;
}

function countDesired({
  items,
}: {
  items: ReadonlyMap<string, Parameters<typeof shouldExist>[0]>;
}) {
  let desired = 0;
  for (const item of items.values()) if (shouldExist(item)) desired += 1;
  return desired;
}

const shortDigest = (digest: string | undefined): string => digest?.slice(0, 12) ?? 'none';

function sliverDetail(sliver: ObservedSliver): Detail {
  const { limits, files } = sliver;
  return {
    login: sliver.login,
    starts: sliver.starts,
    files: files.where,
    keys: shortDigest(sliver.keys),
    initscript: shortDigest(sliver.initscript),
    ...Object.fromEntries(
      AMOUNTS.flatMap(([name, { detail, tells }]) => {
        const amount = limits[name];
        return amount === undefined ? [] : [[detail, tells?.(amount) ?? amount]];
      }),
    ),
  };
}

const userDetail = (slot: Slot, policy: IdPolicy): Detail => ({
  uid: idsOf(slot, policy).uid,
  slot,
});

const rangeDetail = (slot: Slot, policy: IdPolicy): Detail => ({
  ...userDetail(slot, policy),
  first_id: idsOf(slot, policy).base,
});

function keptView(
  name: AccountName,
  { slot, since }: Pick<KeptSliver, 'slot' | 'since'>,
  policy: IdPolicy,
): ObservedAccountView {
  const ids = slot === undefined ? {} : rangeDetail(slot, policy);
  const kept_since = since === UNDATED ? 'not dated yet: the clock was not trusted' : since;
  return { name, state: 'kept', detail: { ...ids, kept_since } };
}

function viewOf(
  name: AccountName,
  account: ObservedAccount,
  policy: IdPolicy,
): ObservedAccountView {
  const { state } = account;
  if (state === 'absent' || state === 'foreign') return { name, state, detail: {} };
  if (state === 'kept') return keptView(name, account, policy);
  if (isExpired(account)) {
    return keptView(name, { slot: account.slot, since: account.files.since }, policy);
  }
  if (state === 'delegate') {
    const ids = userDetail(account.slot, policy);
    return {
      name,
      state,
      detail: { ...ids, login: account.login, keys: shortDigest(account.keys) },
    };
  }
  return {
    name,
    state,
    detail: { ...rangeDetail(account.slot, policy), ...sliverDetail(account) },
  };
}

function planOf({ supervisor, machine }: OperatorParts): PlanResult {
  const result: PlanResult = { driver: machine.driver, steps: [], unmet: [] };
  for (const [subject, { steps, unmet }] of supervisor.previews()) {
    for (const { step } of steps) {
      const commands = [...machine.commandsOf(subject, step)];
      result.steps.push({ subject, step: step.step, commands });
    }
    if (unmet !== undefined) result.unmet.push({ subject, ...unmet });
  }
  return result;
}

function statusOf(parts: OperatorParts): Status {
  const { supervisor, machine } = parts;
  const { feed } = supervisor.grounds();
  const { revision } = feed.position;
  return {
    ...parts.commonStatus(),
    detail: {
      driver: machine.driver,
      feed: feed.position,
      accounts: {
        desired: countDesired(feed),
        ...countAccounts(supervisor.observed.values()),
        busy: parts.loop.busy,
      },
      ...(revision === undefined ? {} : { converged_revision: parts.loop.settledUpTo(revision) }),
    },
  };
}

async function readingsOf(
  { supervisor, machine, history }: OperatorParts,
  name: AccountName,
): Promise<Readings> {
  const observed = supervisor.observed.get(name) ?? ABSENT;
  const wanted = wantedReadings(name, observed, supervisor.grounds());
  const readings = await machine.readings(name, AbortSignal.timeout(READINGS_MS));
  const answer = { driver: machine.driver, wanted: [...wanted] };
  try {
    const decisions = await history.decisionsOn(name);
    const decided = readings.map((reading) => ({
      ...reading,
      since: decisions.get(reading.resource),
    }));
    return { ...answer, readings: decided };
  } catch (error) {
    const undecided = `the history cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { ...answer, readings: [...readings], undecided };
  }
}

/** Has kept files go, waits for it, and says how that went. */
async function forget(
  { supervisor, loop, failures }: OperatorParts,
  name: AccountName,
  by: string,
): Promise<ForgetResult> {
  if (!supervisor.forget(name, { kind: 'operator', name: by })) return { outcome: 'nothing kept' };
  await loop.settled([name], FORGET_MS);
  if (loop.isBusy(name)) return { outcome: 'going still' };
  const failure = failures.find(name);
  if (failure === undefined) return { outcome: 'forgotten' };
  return { outcome: 'fails', reason: `${failure.action}: ${failure.reason}` };
}

const whole = (amount: number | undefined): number | undefined =>
  amount === undefined ? undefined : Math.floor(amount);

/** usageIn returns what is counted in `readings`, in the units of the API. */
export function usageIn(readings: SliverCounted['readings']): PeriodAmounts {
  const counted = new Map(
    readings.flatMap(({ resource, used = [] }) =>
      used.map(({ unit, amount }) => [`${resource} ${unit}`, amount] as const),
    ),
  );
  const seconds = counted.get('nm_cpu_share s');
  return usageOf({
    cpu_ms: whole(seconds === undefined ? undefined : seconds * 1000),
    memory_kib: whole(counted.get('nm_mem_max KiB')),
    tasks: counted.get('nm_tasks_max tasks'),
    disk_kib: whole(counted.get('nm_disk_quota KiB')),
    files: counted.get('nm_disk_quota files'),
    read_bytes: counted.get('nm_io_read_max bytes'),
    written_bytes: counted.get('nm_io_write_max bytes'),
  });
}

/** sliverLooks returns what every sliver on the machine has used since its start, and uses now; throws when the machine does. */
export function* sliverLooks(
  { supervisor, machine }: Pick<OperatorParts, 'supervisor' | 'machine'>,
  bootId: string,
): Iterable<SliverLook> {
  for (const [name, account] of supervisor.observed) {
    const counted = isObservedSliver(account) ? machine.counted(name, account.slot) : undefined;
    if (counted === undefined) continue;
    yield { name, era: `${bootId} ${counted.era}`, amounts: usageIn(counted.readings) };
  }
}

/** usageHandlers answers api-gateway's question about the use that a sliver makes of the node. */
export function usageHandlers({
  machine,
  use,
}: Pick<OperatorParts, 'machine' | 'use'>): Handlers<UsageContract> {
  return {
    days: ({ name }) => use.days(name),
    usage: async ({ name }) =>
      usageIn(await machine.readings(name, AbortSignal.timeout(READINGS_MS))),
  };
}

/** operatorHandlers answers an operator's questions about the accounts. */
export function operatorHandlers(
  parts: OperatorParts,
): Handlers<typeof supervisorOperatorContract> {
  return {
    status: () => statusOf(parts),
    plan: () => planOf(parts),
    observed: () =>
      [...parts.supervisor.observed].map(([name, account]) => viewOf(name, account, parts.policy)),
    events: (query) => parts.history.events(query),
    readings: ({ name }) => readingsOf(parts, name),
    forget: ({ name, by }) => forget(parts, name, by),
    use_history: (query) => ({ driver: parts.machine.driver, rows: parts.use.rows(query) }),
    use_now: () => ({
      driver: parts.machine.driver,
      at: performance.now(),
      slivers: [...sliverLooks(parts, parts.bootId)],
    }),
    retry: async ({ name }) => ({
      tried: await retryFailing(parts.loop, parts.failures, name, RETRY_MS),
    }),
  };
}
