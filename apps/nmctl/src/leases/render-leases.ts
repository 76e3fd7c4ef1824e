/** Renders the leases of a node. Pure. */
import type { LeasesView } from '@nodemgr/contracts';
import { type Line, line, type Page, span, type Tone } from '../render/render-line.ts';
import { renderTable } from '../render/render-table.ts';
import { momentText } from '../render/render-time.ts';

const COLUMNS = [
  { title: 'SLICE' },
  { title: 'FROM' },
  { title: 'UNTIL' },
  { title: 'STATE' },
] as const;

const TONES: Readonly<Record<LeasesView['leases'][number]['state'], Tone>> = {
  over: 'dim',
  'in force': 'good',
  'to come': 'plain',
  elsewhere: 'dim',
};

const BESIDE = {
  raise: 'all run, and a holder has larger shares',
  stop: 'all run between leases; during one, its holder and slices of the system',
} as const;

function policyText({ policy, beside_holder }: LeasesView): string {
  if (policy === 'none') return 'the node is not reservable: leases mean nothing';
  if (policy === 'lease_or_shared') return `lease_or_shared: ${BESIDE[beside_holder]}`;
  return 'lease_or_idle: nobody runs but holders of a lease and slices of the system';
}

/** renderLeases returns the policy of the node and one row for each lease. */
export function renderLeases(view: LeasesView, page: Page): readonly Line[] {
  const rows = view.leases.map(({ slice, from, until, state }) => [
    slice,
    momentText(from * 1000, page),
    momentText(until * 1000, page),
    span(state === 'elsewhere' ? 'no such sliver here' : state, TONES[state]),
  ]);
  const distrusted = 'the clock is not trusted: no lease begins, and none ends';
  return [
    line(policyText(view)),
    ...(view.clock_trusted ? [] : [line(span(distrusted, 'warn'))]),
    ...(rows.length === 0 ? [] : [line(''), ...renderTable(COLUMNS, rows, page)]),
  ];
}
