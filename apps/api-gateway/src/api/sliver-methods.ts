/** The methods on one sliver. Reads come from the replica and never cross the bus. */
import { PERIOD_AMOUNTS, USAGE } from '@nodemgr/contracts';
import { LEASES_KEY, type Loan, MAX_RESOURCE_NAME } from '@nodemgr/records';
import type { XmlRpcValue } from '@nodemgr/xml-rpc';
import type { Change } from '../write/make-writes.ts';
import type { CallContext, Parameter, Replica, SliverItem, SliverMethod } from './api-method.ts';
import { recordShown } from './dump-database.ts';
import { loggableText } from './loggable-text.ts';
import { listOfLoans, readLoans } from './read-loans.ts';

const SLIVER: Parameter = {
  name: 'sliver',
  type: 'string',
  meaning: "the sliver's name, such as princeton_sirius",
};

const DONE = { type: 'int', meaning: '1' } as const;
const RSPEC = { type: 'struct', meaning: 'integers by resource name' } as const;

/** A method whose whole effect is one change of run state. */
function act(
  name: string,
  change: Exclude<Change['act'], 'set_loans'>,
  meaning: string,
  sameAs?: string,
): SliverMethod {
  return {
    name,
    who: 'sliver',
    ...(sameAs === undefined ? {} : { sameAs }),
    parameters: [SLIVER],
    result: DONE,
    meaning,
    async run({ writes, caller }: CallContext, { record }: SliverItem) {
      await writes.make({ act: change, sliver: record.name }, caller);
      return 1;
    },
  };
}

const getRspec: SliverMethod = {
  name: 'GetRSpec',
  who: 'sliver',
  parameters: [SLIVER],
  result: RSPEC,
  meaning: "The sliver's own resources, loans not counted.",
  run: (_, { rspec }) => rspec,
};

const getEffectiveRspec: SliverMethod = {
  name: 'GetEffectiveRSpec',
  who: 'sliver',
  parameters: [SLIVER],
  result: RSPEC,
  meaning: "The sliver's resources once all valid loans are applied.",
  run: (_, { effective }) => effective,
};

const getLoans: SliverMethod = {
  name: 'GetLoans',
  who: 'sliver',
  parameters: [SLIVER],
  result: { type: 'array', meaning: 'list of [recipient, resource, amount]' },
  meaning: 'What the sliver lends, valid or not, in the order in which it was set.',
  run: (_, { local }) => local.loans,
};

/** Loans that a line of the log names: who lent what to whom is wanted, a line without end is not. */
const MAX_NOTED_LOANS = 20;

const noted = ([recipient, resource, amount]: Loan): Loan => [
  loggableText(recipient, MAX_RESOURCE_NAME),
  loggableText(resource, MAX_RESOURCE_NAME),
  amount,
];

function loansToNote(loans: readonly Loan[]): Readonly<Record<string, unknown>> {
  const first = loans.slice(0, MAX_NOTED_LOANS).map(noted);
  return loans.length === first.length
    ? { loans: first }
    : { loans: first, loans_in_all: loans.length };
}

const setLoans: SliverMethod = {
  name: 'SetLoans',
  who: 'sliver',
  parameters: [
    SLIVER,
    { name: 'loans', type: 'array', meaning: 'list of [recipient, resource, amount]' },
  ],
  withoutSliver: ([loans]) => [listOfLoans(loans)],
  result: DONE,
  meaning:
    'Replaces the list of what the sliver lends. A loan that cannot count yet (unknown recipient, ' +
    'more than the sliver has left) is kept, and counts once it can. A list with one that never can ' +
    '(to the lender itself, of a resource that cannot be lent, of an amount that is not positive) ' +
    'is refused as a whole. Amounts are in the units of the resources, rates in bits a second: those of ' +
    'PLC 4, in kbit/s and percent, are taken for what they are not. A sliver may leave its own name out, and may then give a single triple: ' +
    "SetLoans(['princeton_eisentest', 'nm_cpu_guaranteed_share', 200]).",
  async run({ writes, caller, note }, { record }, [given]) {
    const loans = readLoans(record.name, given);
    note(loansToNote(loans));
    const change = { act: 'set_loans', sliver: record.name, loans } as const;
    await writes.make(change, caller);
    return 1;
  },
};

/** presented returns the members of a struct that have a value. */
function presented(members: Readonly<Record<string, XmlRpcValue | undefined>>): XmlRpcValue {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/** leasesShown returns what leases say of a sliver; nothing where the node is not reservable. */
function leasesShown({ record, lease }: SliverItem, { items }: Replica) {
  const item = items.get(LEASES_KEY);
  if (lease === undefined || item?.kind !== 'leases') return {};
  const own = item.record.leases.filter(({ slice }) => slice === record.name);
  return {
    leases: own.map(({ from, until }) => ({ from, until })),
    lease: presented({ ...lease }),
  };
}

const getRecord: SliverMethod = {
  name: 'GetRecord',
  who: 'sliver',
  parameters: [SLIVER],
  result: { type: 'struct', meaning: 'the record, by the names of its fields' },
  meaning:
    'The record of the sliver as DumpDatabase shows it: what its source says of it (rspec, ssh_keys, ' +
    'initscript, delegations, expiry, …), with what the node itself keeps beside that (loans, stopped, ' +
    'stopped_by, stopped_at, created, starts, recreated, leased_until). On a reservable node also the leases of the slice, and lease: ' +
    'how it stands now (holds, runs or rests), and until when. What is not set is not in it.',
  run: ({ replica }, sliver) =>
    presented({ ...recordShown(sliver, replica.items), ...leasesShown(sliver, replica) }),
};

const meanings = (entries: readonly (readonly [name: string, meaning: string])[]): string =>
  entries.map(([name, meaning]) => `${name} (${meaning})`).join(', ');

const USED_BY_DAY = meanings(
  Object.entries(PERIOD_AMOUNTS).map(([name, { meaning }]) => [name, meaning]),
);

const getUsage: SliverMethod = {
  name: 'GetUsage',
  who: 'sliver',
  parameters: [SLIVER],
  result: { type: 'struct', meaning: 'whole numbers by name, and days: an array of structs' },
  meaning:
    'What the sliver uses now, and has used, as the kernel counts it: ' +
    `${meanings(Object.entries(USAGE))}. What is not counted, as of a sliver that does not run, is not in it. ` +
    'days has what it has used by day, for the last 90 days, the newest last: a struct with day (YYYY-MM-DD, UTC) ' +
    `and of that day ${USED_BY_DAY}. It is looked at once a minute; without any day days is not there.`,
  async run({ machine, caller }, { record }) {
    const { now, days } = await machine.usageOf(record.name, caller);
    const shown = days.map(({ day, amounts }) => presented({ day, ...amounts }));
    return presented({ ...now, days: shown.length === 0 ? undefined : shown });
  },
};

const CREATE =
  'Sets up a sliver that PLC has not instantiated itself. For one that it has, nothing happens.';
const DELETE =
  'Tears down a sliver that CreateSliver set up. For one that PLC has instantiated, nothing happens.';

export const SLIVER_METHODS: readonly SliverMethod[] = [
  act('CreateSliver', 'create_sliver', CREATE, 'Create'),
  act('DeleteSliver', 'delete_sliver', DELETE, 'Destroy'),
  act(
    'Start',
    'start',
    "Runs the sliver's start script, with `restart` where the sliver runs already; it is started " +
      'again after a reboot.',
  ),
  act(
    'Stop',
    'stop',
    "Runs the sliver's start script with `stop`, for 5 seconds at most, and kills all processes of " +
      'the sliver, which stays stopped until Start.',
  ),
  getRspec,
  getEffectiveRspec,
  getLoans,
  setLoans,
  act('Create', 'create_sliver', `PLC 4's name of CreateSliver. ${CREATE}`, 'CreateSliver'),
  act('Destroy', 'delete_sliver', `PLC 4's name of DeleteSliver. ${DELETE}`, 'DeleteSliver'),
  act(
    'ReCreate',
    'recreate',
    'Stops the sliver as Stop does, sets up what is missing of it, and starts it anew; one that PLC has not ' +
      'instantiated itself is set up as by CreateSliver. Its files stay, unlike those of PLC 4.',
  ),
  getRecord,
  getUsage,
];
