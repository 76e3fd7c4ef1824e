/** The configuration's keys and problems, for people. Pure. */
import type { ConfigKey, ConfigProblem } from '@nodemgr/config';
import { type Line, line, type Page, span } from '../render/render-line.ts';
import { renderTable } from '../render/render-table.ts';

const COLUMNS = [{ title: 'KEY' }, { title: 'DEFAULT' }, { title: 'ALLOWED' }] as const;

function defaultCell({ default: fallback, required }: ConfigKey): ReturnType<typeof span> {
  if (required) return span('(required)', 'warn');
  return fallback === undefined ? span('(unset)', 'dim') : span(fallback);
}

/** renderConfigKeys returns the table of all keys. */
export function renderConfigKeys(keys: readonly ConfigKey[], page: Page): readonly Line[] {
  const rows = keys.map((key) => [key.key, defaultCell(key), key.allowed]);
  return [
    ...renderTable(COLUMNS, rows, page),
    line(''),
    line('The environment sets a key too: NODEMGR_PLC__POLL_SECONDS=30 sets plc.poll_seconds.'),
  ];
}

/** renderCheck says that `file` is valid, or everything that is wrong with it. */
export function renderCheck(file: string, problems: readonly ConfigProblem[]): readonly Line[] {
  if (problems.length === 0) return [line(`${file}: `, span('valid', 'good'))];
  return problems.map(({ key, message }) =>
    line(`${file}: `, span(key, 'strong'), key === '' ? message : `: ${message}`),
  );
}
