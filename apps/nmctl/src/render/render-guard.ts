/** Renders what the guard holds back, and what the updates did that were let through. Pure. */
import type { DbStatus } from '@nodemgr/contracts';
import { countText } from './render-count.ts';
import { type Line, line, type Page, span } from './render-line.ts';
import { momentText } from './render-time.ts';

type Hold = DbStatus['detail']['guard'][number];

/** More names than this are counted, not listed. */
const MAX_NAMES = 20;

function doomedText(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  const more = names.length - MAX_NAMES;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function holdLines(hold: Hold, page: Page): readonly Line[] {
  const { source, reason, since, would_remove } = hold;
  return [
    line(span('holds back', 'bad'), ` an update from ${source} since ${momentText(since, page)}`),
    line(`  why           ${reason}`),
    line(`  would remove  ${doomedText(would_remove)}`),
    line('  let it through with: nmctl guard allow'),
  ];
}

/** renderGuard returns every update that is held back, with its reason, its age and the command that allows it. */
export function renderGuard(holds: readonly Hold[], page: Page): readonly Line[] {
  if (holds.length === 0) return [line(span('open', 'good'), ': nothing is held back')];
  return holds.flatMap((hold) => holdLines(hold, page));
}

export interface Allowed {
  readonly source: string;
  readonly written: number;
  readonly removed: number;
}

/** renderAllowed returns what the updates did that were let through. */
export function renderAllowed(allowed: readonly Allowed[]): readonly Line[] {
  if (allowed.length === 0) return [line('nothing is held back')];
  return allowed.map(({ source, written, removed }) =>
    line(
      `let through an update from ${source}: ${countText(removed, 'record')} removed, ${written} written`,
    ),
  );
}
