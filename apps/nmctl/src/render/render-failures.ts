/** Renders failures: how often each was tried, why it fails, and when it is tried again. Pure. */
import type { Failure } from '@nodemgr/contracts';
import { type Line, type Page, span } from './render-line.ts';
import { renderTable } from './render-table.ts';
import { distanceText } from './render-time.ts';

const COLUMNS = [
  { title: 'SUBJECT' },
  { title: 'ACTION' },
  { title: 'TRIED', align: 'right' },
  { title: 'SINCE' },
  { title: 'NEXT TRY' },
  { title: 'REASON' },
] as const;

/** retryText returns when something is tried again; `retryAt` in milliseconds since 1970. */
export function retryText(retryAt: number | undefined, now: number): string {
  if (retryAt === undefined) return 'when something changes';
  return retryAt <= now ? 'now' : distanceText(retryAt, now);
}

/** renderFailures returns a table of failures, or nothing when there are none. */
export function renderFailures(
  failures: readonly Failure[],
  page: Page,
  indent = '',
): readonly Line[] {
  const rows = failures.map(({ subject, action, attempts, since, retry_at, reason }) => [
    span(subject, 'bad'),
    action,
    `${attempts}×`,
    distanceText(since, page.now),
    retryText(retry_at, page.now),
    reason,
  ]);
  return renderTable(COLUMNS, rows, page, indent);
}
