/** nmctl(1), out of its command line. Pure. */
import { flatten, type TreeArgument, type TreeCommand, type TreeOption } from './command-tree.ts';
import {
  bold,
  heading,
  italic,
  item,
  type PageTitle,
  paragraph,
  renderPage,
  verbatim,
} from './roff.ts';

/** A part of a help text: what stands under a line that ends in ':', or before the first of them. */
interface Block {
  readonly title: string;
  readonly lines: readonly string[];
}

function blocksOf(notes: string): readonly Block[] {
  const blocks: { title: string; lines: string[] }[] = [{ title: '', lines: [] }];
  for (const line of notes.split('\n')) {
    const [, title] = /^([A-Z][a-z ]*):$/.exec(line) ?? [];
    // A paragraph after an indented list has no part in it.
    const before = blocks.at(-1);
    const leaves = before?.title !== '' && /^\S/.test(line);
    if (title !== undefined) blocks.push({ title, lines: [] });
    else if (leaves) blocks.push({ title: '', lines: [line] });
    else before?.lines.push(line);
  }
  return blocks.filter(({ lines }) => lines.some((line) => line.trim() !== ''));
}

const trimmed = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => line.trim() !== '').map((line) => line.replace(/^ {2}/, ''));

/** Lines that follow each other and are of one kind: indented, or not. An empty one ends a run. */
function runsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const runs: string[][] = [];
  let before = '';
  for (const line of lines) {
    const joins = before !== '' && before.startsWith(' ') === line.startsWith(' ');
    if (line !== '' && joins) runs.at(-1)?.push(line);
    else if (line !== '') runs.push([line]);
    before = line;
  }
  return runs;
}

/** Indented lines keep their shape, others are filled. */
function prose(lines: readonly string[]): readonly string[] {
  return runsOf(lines.map((line) => line.trimEnd())).map((run) =>
    run[0]?.startsWith(' ') ? verbatim(trimmed(run)) : paragraph(run.join(' ')),
  );
}

function argumentText({ name, required, repeated }: TreeArgument): string {
  const text = `${italic(name)}${repeated ? ' ...' : ''}`;
  return required ? text : `[${text}]`;
}

const optionTag = ({ names, value }: TreeOption): string =>
  `${names.map(bold).join(', ')}${value === undefined ? '' : ` ${italic(value)}`}`;

const optionItem = (option: TreeOption): string => item(optionTag(option), `${option.about}.`);

function argumentNotes({ arguments: given }: TreeCommand): string {
  return given.map(({ name, about }) => ` ${name}: ${about}.`).join('');
}

function commandItem(command: TreeCommand): readonly string[] {
  const tag = [bold(command.path.slice(1).join(' ')), ...command.arguments.map(argumentText)];
  const options = command.options.filter(({ names }) => !names.includes('--help'));
  const inside = [...options.map(optionItem), ...prose(command.notes.split('\n'))];
  const more = inside.length === 0 ? [] : ['.RS', ...inside, '.RE'];
  return [item(tag.join(' '), `${command.about}.${argumentNotes(command)}`), ...more];
}

function noteSections({ notes }: TreeCommand): readonly string[] {
  return blocksOf(notes).flatMap(({ title, lines }) => {
    if (title === '') return [heading('notes'), ...prose(lines)];
    const name = title === 'Exit codes' ? 'exit status' : title;
    return [heading(name), verbatim(trimmed(lines))];
  });
}

/** renderNmctlManual returns the page. */
export function renderNmctlManual(
  program: TreeCommand,
  from: Pick<PageTitle, 'version' | 'date'>,
): string {
  const title = { name: 'nmctl', section: 1, summary: "the node manager's command line" };
  return renderPage({ ...title, ...from }, [
    heading('synopsis'),
    `${bold('nmctl')} [${italic('options')}] ${italic('command')} [${italic('arguments')}]`,
    heading('description'),
    paragraph(program.about),
    heading('options'),
    ...program.options.map(optionItem),
    heading('commands'),
    ...flatten(program).flatMap(commandItem),
    ...noteSections(program),
    heading('files'),
    item(italic('/etc/nodemgr/nodemgr.toml'), 'The configuration of the node.'),
    heading('see also'),
    '.BR nodemgr.toml (5),\n.BR nodemgr-api (7)',
  ]);
}
