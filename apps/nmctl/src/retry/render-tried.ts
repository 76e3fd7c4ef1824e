/** What was tried again, and how it stands. Pure. */
import type { DaemonName, Tried } from '@nodemgr/contracts';
import { type Line, line, type Page, span, type Tone } from '../render/render-line.ts';
import { renderTable } from '../render/render-table.ts';

const COLUMNS = [
  { title: 'SUBJECT' },
  { title: 'OUTCOME' },
  { title: 'PROCESS' },
  { title: 'REASON' },
] as const;

const TONES: Readonly<Record<Tried['outcome'], Tone>> = {
  works: 'good',
  fails: 'bad',
  'tried still': 'warn',
};

/** renderTried returns a table of what each daemon tried; `name` is what was asked for, if anything was. */
export function renderTried(
  tried: readonly (readonly [DaemonName, readonly Tried[]])[],
  name: string | undefined,
  page: Page,
): readonly Line[] {
  const rows = tried.flatMap(([daemon, some]) =>
    some.map(({ subject, outcome, reason = '' }) => [
      subject,
      span(outcome, TONES[outcome]),
      daemon,
      reason,
    ]),
  );
  if (rows.length > 0) return renderTable(COLUMNS, rows, page);
  if (name === undefined) return [line('nothing fails: there was nothing to be tried')];
  return [line(`nothing of the name ${name} could be tried: nmctl status shows what fails`)];
}
