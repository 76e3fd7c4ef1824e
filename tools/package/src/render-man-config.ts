/** nodemgr.toml(5), out of the keys and the words for them. Pure. */
import { type DescribedKey, type DescribedTable, headingOf } from './config-tables.ts';
import { bold, heading, item, type PageTitle, paragraph, renderPage } from './roff.ts';

function valueText({ allowed, default: fallback, installed, required }: DescribedKey): string {
  if (required) return `Must be set: ${allowed}.`;
  const otherwise = fallback === undefined ? 'No default' : `Default: ${fallback}`;
  const here = installed === undefined ? '' : `; the installed file says ${installed}`;
  return `${otherwise}${here} (${allowed}).`;
}

const keyItem = (key: DescribedKey): string =>
  item(bold(key.name), `${key.about} ${valueText(key)}`);

/** tableSection returns the part of a page on one table. */
export const tableSection = (table: DescribedTable): readonly string[] => [
  `.SS ${headingOf(table)}`,
  paragraph(table.about),
  ...table.keys.map(keyItem),
];

const DESCRIPTION = [
  "The node manager's five daemons and nmctl(1) read one file in TOML (https://toml.io). A key that " +
    'does not exist and a value that is not allowed are errors; `nmctl config check FILE` finds them ' +
    'all, `nmctl config show` prints what is in effect.',
  'A daemon reads the file when it starts: after a change, run `systemctl restart nodemgr.target`. ' +
    'No sliver is restarted by that. A daemon that finds the file unusable says why in the journal ' +
    'and stays away until it is started again.',
];

const ENVIRONMENT =
  'sets a key of a table, before the file: NODEMGR_PLC__POLL_SECONDS=30 is poll_seconds in [plc]. ' +
  'In a unit: `systemctl edit nodemgr-plc-fetcher.service`.';

/** renderConfigManual returns the page. */
export function renderConfigManual(
  tables: readonly DescribedTable[],
  from: Pick<PageTitle, 'version' | 'date'>,
): string {
  const title = { name: 'nodemgr.toml', section: 5, summary: 'configuration of the node manager' };
  return renderPage({ ...title, ...from }, [
    heading('synopsis'),
    bold('/etc/nodemgr/nodemgr.toml'),
    heading('description'),
    ...DESCRIPTION.map(paragraph),
    heading('keys'),
    ...tables.flatMap(tableSection),
    heading('environment'),
    item(bold('NODEMGR_TABLE__KEY'), ENVIRONMENT),
    heading('see also'),
    '.BR nmctl (1),\n.BR nodemgr-api (7)',
  ]);
}
