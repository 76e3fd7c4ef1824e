import { expect, test } from 'vitest';
import { aFailure, aPage, aSliver, linesOf } from '../test-support/builders.ts';
import { renderSliver, type SliverPage } from './render-sliver.ts';

const NOTHING: SliverPage = {
  name: 'princeton_sirius',
  item: undefined,
  loansOut: [],
  loansIn: [],
  observed: 'unknown',
  failures: [],
  remarks: [],
};

const shown = (page: Partial<SliverPage>) =>
  linesOf(renderSliver({ ...NOTHING, ...page }, aPage())).join('\n');

test('everything that is known of a sliver', () => {
  const item = aSliver({
    record: {
      initscript: '#!/bin/sh\necho hello\n',
      delegations: [
        ['del_snoop', 'GetRSpec'],
        ['del_snoop', 'GetLoans'],
      ],
      rspec: { nm_cpu_share: 64, vsys_pipes: 2 },
    },
    effective: { nm_cpu_share: 56, nm_net_share: 3 },
    local: { loans: [['princeton_eisentest', 'nm_cpu_share', 8]] },
  });
  expect(
    shown({
      item,
      observed: { name: item.record.name, state: 'running', detail: { uid: 30_000, cpu: 56 } },
      loansOut: [
        { loan: ['princeton_eisentest', 'nm_cpu_share', 8], verdict: 'counts' },
        { loan: ['no_one', 'nm_cpu_share', 8], verdict: 'recipient is not a sliver on this node' },
      ],
      loansIn: [
        { lender: 'mit_chord', loan: [item.record.name, 'nm_net_share', 2], verdict: 'counts' },
      ],
      failures: [{ daemon: 'account-supervisor', ...aFailure() }],
    }),
  ).toMatchInlineSnapshot(`
    "princeton_sirius

    record        sliver_princeton_sirius from plc, vouched for 2023-11-14 22:10:20Z (3 min ago)
    id            12
    expires       2023-12-04 22:13:20Z (in 20 days)
    origin        instantiated by PLC
    ssh keys      2 keys
    image         default
    start script  2 lines
    delegations   del_snoop may GetRSpec, GetLoans
    meant to      run
    observed      running, uid 30000, cpu 56

    resources
      RESOURCE                            RSPEC   EFFECTIVE  UNIT                           READS AS  NOTE
      nm_enabled                              1           1  0 or 1                                   default
      nm_cpu_share                           64          56  share                                    -8 by loans
      nm_cpu_guaranteed_share                 0           0  thousandths of the node's CPU  0%        default
      nm_cpu_max                              0           0  thousandths of the node's CPU  no limit  default
      nm_cpu_cores                            0           0  cores                                    default
      nm_disk_quota                     5000000     5000000  KiB                            4.77 GiB  default
      nm_net_min_rate                         8           8  bits/s                         8 bit/s   default
      nm_net_max_rate                1000000000  1000000000  bits/s                         1 Gbit/s  default
      nm_net_exempt_min_rate                  8           8  bits/s                         8 bit/s   default
      nm_net_exempt_max_rate         1000000000  1000000000  bits/s                         1 Gbit/s  default
      nm_net_share                            1           3  share                                    default, +2 by loans
      nm_net_max_byte                         0           0  bytes/day                      no limit  default
      nm_net_max_thresh_byte                  0           0  bytes/day                                default
      nm_net_max_exempt_byte                  0           0  bytes/day                      no limit  default
      nm_net_max_thresh_exempt_byte           0           0  bytes/day                                default
      nm_mem_max                              0           0  KiB                            no limit  default
      nm_mem_min                              0           0  KiB                            0 KiB     default
      nm_tasks_max                         4096        4096  tasks                                    default
      nm_io_weight                          100         100  share                                    default
      nm_io_read_max                          0           0  bytes/s                        no limit  default
      nm_io_write_max                         0           0  bytes/s                        no limit  default
      vsys_pipes                              2           2                                           not ours, carried through

    loans out
      RECIPIENT            RESOURCE      AMOUNT  VERDICT
      princeton_eisentest  nm_cpu_share       8  counts
      no_one               nm_cpu_share       8  ignored: recipient is not a sliver on this node

    loans in
      LENDER     RESOURCE      AMOUNT  VERDICT
      mit_chord  nm_net_share       2  counts

    failing
      SUBJECT           ACTION  TRIED  SINCE      NEXT TRY  REASON
      princeton_sirius  start      3×  2 min ago  in 30 s   no image"
  `);
});

test('a sliver that 0 of a resource leaves running and unable has that said beside it, whoever has left it 0', () => {
  const item = aSliver({
    record: { rspec: { nm_disk_quota: 0, nm_net_max_rate: 100, nm_mem_max: 0 } },
    effective: { nm_net_max_rate: 0 },
  });
  const lines = shown({ item }).split('\n');
  const lineOf = (resource: string) => lines.find((line) => line.includes(`${resource} `));
  expect(lineOf('nm_disk_quota')).toMatch(/ {2}it can write nothing$/);
  expect(lineOf('nm_net_max_rate')).toMatch(/ {2}it can send next to nothing; -100 by loans$/);
  expect(lineOf('nm_mem_max')).toMatch(/ {2}no limit$/);
});

test('with db-service away, what the machine has is still shown', () => {
  expect(shown({ observed: { name: 'a_b', state: 'running', detail: {} } })).toBe(
    'princeton_sirius\n\nrecord        unknown\nobserved      running',
  );
});

test('a sliver that is not meant to run says why', () => {
  expect(shown({ item: aSliver({ local: { stopped: true } }) })).toContain(
    'meant to      not run: stopped by the API',
  );
  expect(shown({ item: aSliver({ effective: { nm_enabled: 0 } }) })).toContain(
    'meant to      not run: disabled (nm_enabled is 0)',
  );
});

test('what its source says and does not count is shown: what is lost first, then what means nothing here', () => {
  const remarks: SliverPage['remarks'] = [
    { source: 'plc', severity: 'note', text: 'line 4: vref means nothing here' },
    { source: 'plc', severity: 'trouble', text: 'line 9: the key of person 5 is broken' },
  ];
  expect(shown({ item: aSliver(), remarks })).toContain(
    `
left out, ignored or cut
  plc: line 9: the key of person 5 is broken

without meaning on this node
  plc: line 4: vref means nothing here`,
  );
  expect(shown({ remarks })).toMatch(/^record +none$/m);
});
