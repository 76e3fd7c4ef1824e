/** The text of the nodemgr.toml that the package installs: every key, explained. Pure. */
import { type DescribedKey, type DescribedTable, headingOf } from './config-tables.ts';

const WIDTH = 98;

const INTRODUCTION = [
  'The configuration of the node manager. nodemgr.toml(5) explains the keys too, `nmctl config check`',
  'finds what is wrong, and `nmctl config show` prints what is in effect.',
  '',
  'A key that is commented out has the value that is shown, or none where it says so. The two that',
  'must be set are node.id and plc.url. After a change: systemctl restart nodemgr.target (no sliver',
  'is restarted by that).',
];

/** wrap breaks `text` into lines of at most `width` characters. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

const comment = (line: string): string => (line === '' ? '#' : `# ${line}`);

const commented = (text: string): readonly string[] => wrap(text, WIDTH).map(comment);

/** A key is in effect in the installed file only where it differs from the default. */
function setting(key: DescribedKey): string {
  if (key.installed !== undefined) return `${key.name} = ${key.installed}`;
  return `#${key.name} = ${key.example ?? key.default ?? ''}`;
}

function necessity(key: DescribedKey): string {
  if (key.required) return ' Must be set.';
  return key.default === undefined ? ' No default.' : '';
}

function paragraph(key: DescribedKey): readonly string[] {
  const about = commented(`${key.about}${necessity(key)}`);
  return ['', ...about, ...commented(`(${key.allowed})`), setting(key)];
}

function section(table: DescribedTable): readonly string[] {
  // An array's table, and one that may be absent as a whole, must not be there unless somebody fills it in.
  const hidden = table.table.endsWith('[]') || table.optional === true ? '#' : '';
  const heading = `${hidden}${headingOf(table)}`;
  return ['', '', ...commented(table.about), heading, ...table.keys.flatMap(paragraph)];
}

/** renderConffile returns the whole file; that of a node where `introduction` is not given. */
export function renderConffile(
  tables: readonly DescribedTable[],
  introduction: readonly string[] = INTRODUCTION,
): string {
  return `${[...introduction.map(comment), ...tables.flatMap(section)].join('\n')}\n`;
}
