/** The methods on one sliver. Reads come from the replica and never cross the bus. */
import { type Loan, MAX_RESOURCE_NAME } from '@nodemgr/records';
import type { Change } from '../write/make-writes.ts';
import type { CallContext, Parameter, SliverItem, SliverMethod } from './api-method.ts';
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
): SliverMethod {
  return {
    name,
    who: 'sliver',
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
    'is refused as a whole. A sliver may leave its own name out, and may then give a single triple: ' +
    "SetLoans(['princeton_eisentest', 'nm_cpu_guaranteed_share', 200]).",
  async run({ writes, caller, note }, { record }, [given]) {
    const loans = readLoans(record.name, given);
    note(loansToNote(loans));
    const change = { act: 'set_loans', sliver: record.name, loans } as const;
    await writes.make(change, caller);
    return 1;
  },
};

export const SLIVER_METHODS: readonly SliverMethod[] = [
  act(
    'CreateSliver',
    'create_sliver',
    'Sets up a sliver that PLC has not instantiated itself. For one that it has, nothing happens.',
  ),
  act(
    'DeleteSliver',
    'delete_sliver',
    'Tears down a sliver that CreateSliver set up. For one that PLC has instantiated, nothing happens.',
  ),
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
];
