import { accountName, revision } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { aFailure, aPage, aSliver, linesOf, NOW } from '../test-support/builders.ts';
import { accountForResources, type Explanation } from './explanation.ts';
import { renderExplanation } from './render-explanation.ts';

const SIRIUS = accountName('princeton_sirius');
const loans: Pick<Explanation, 'loans_out' | 'loans_in'> = {
  loans_out: [
    { loan: ['mit_dht', 'nm_cpu_share', 40], verdict: 'counts', left: 64 },
    {
      loan: ['mit_dht', 'nm_cpu_share', 30],
      verdict: 'amount exceeds what is left',
      left: 24,
    },
  ],
  loans_in: [{ loan: [SIRIUS, 'nm_net_share', 3], verdict: 'counts', left: 9, lender: 'mit_dht' }],
};

function anExplanation(changes: Partial<Explanation> = {}): Explanation {
  const item = aSliver({ effective: { nm_cpu_share: 24, nm_net_share: 4 } });
  return {
    name: SIRIUS,
    item,
    resources: accountForResources(item, loans),
    ...loans,
    enforced: [
      {
        agent: 'account-supervisor',
        driver: 'linux',
        undecided: undefined,
        readings: [
          {
            resource: 'nm_cpu_share',
            from: 'cpu.weight',
            wanted: '192',
            enforced: '512',
            used: '3.5 s',
            how: 'share 24 × 8',
            agreement: 'differs',
            since: {
              at: NOW,
              revision: revision(12),
              why: 'by the shares and guarantees of all',
              by: { kind: 'supervisor' },
            },
          },
          {
            resource: 'nm_tasks_max',
            from: 'pids.max',
            wanted: '4096',
            enforced: undefined,
            used: undefined,
            how: undefined,
            agreement: 'missing',
            since: undefined,
          },
        ],
      },
      { agent: 'bwcap-agent', driver: 'dry-run', readings: [], undecided: undefined },
    ],
    failures: [],
    lately: [],
    ...changes,
  };
}

const pageOf = (explanation: Explanation, width?: number) =>
  linesOf(renderExplanation(explanation, aPage({ width }))).join('\n');

test('each resource is its own amount less what is lent and with what is borrowed', () => {
  const page = pageOf(anExplanation());
  expect(page).toMatch(/nm_cpu_share +64 +−40 +24 +record$/m);
  expect(page).toMatch(/nm_net_share +1 +\+3 +4 +default$/m);
});

test('each loan is told with whether it counts, and if not what the lender had left', () => {
  const page = pageOf(anExplanation());
  expect(page).toMatch(/mit_dht +nm_cpu_share +40 +counts$/m);
  expect(page).toMatch(/mit_dht +nm_cpu_share +30 +ignored: the lender has only 24 left$/m);
  expect(page).toMatch(/LENDER.*\n +mit_dht +nm_net_share +3 +counts$/m);
});

test('what the kernel enforces stands beside what is wanted, and where they differ is marked', () => {
  const page = pageOf(anExplanation());
  expect(page).toContain('in the kernel, by account-supervisor (read back now)');
  expect(page).toMatch(/cpu\.weight +192 +512 +3\.5 s +differs +share 24 × 8$/m);
  expect(page).toMatch(/pids\.max +4096 +not in force$/m);
  expect(page).toContain('by bwcap-agent (pretended, the driver is dry-run)\n  nothing');
});

test('each limit is told with the decision that set it: when, by which revision, by whom and why', () => {
  const page = pageOf(anExplanation());
  expect(page).toMatch(/decided by account-supervisor\n +SINCE +REVISION +BY +WHY +LIMITS\n/);
  expect(page).toMatch(
    /2023-11-14 22:13:20Z +12 +supervisor +by the shares and guarantees of all +nm_cpu_share$/m,
  );
  expect(page).not.toContain('decided by bwcap-agent');
});

test('an agent that knows nothing of its decisions says why', () => {
  const undecided = 'the history cannot be read: EIO';
  const page = pageOf(
    anExplanation({ enforced: [{ agent: 'a', driver: 'linux', readings: [], undecided }] }),
  );
  expect(page).toMatch(/decided by a\n +unknown: the history cannot be read: EIO$/m);
});

test('what fails and what went wrong lately are told', () => {
  const page = pageOf(
    anExplanation({
      failures: [{ ...aFailure(), daemon: 'account-supervisor' }],
      lately: [
        {
          at: NOW,
          account: SIRIUS,
          what: 'oom-kill',
          why: 'a process was killed',
          by: { kind: 'kernel' },
        },
      ],
    }),
  );
  expect(page).toMatch(/failing\n +SUBJECT/);
  expect(page).toMatch(/lately\n +2023-11-14 22:13:20Z +oom-kill +kernel +a process was killed$/m);
});

test('without its record the rest is told all the same', () => {
  const page = pageOf(
    anExplanation({ item: undefined, resources: [], loans_out: [], loans_in: [] }),
  );
  expect(page).toMatch(/record +unknown/);
  expect(page).not.toContain('resources');
  expect(page).toContain('cpu.weight');
});

test('it fits a terminal of 80 columns', () => {
  for (const line of pageOf(anExplanation(), 80).split('\n')) {
    expect(line.length).toBeLessThanOrEqual(80);
  }
});
