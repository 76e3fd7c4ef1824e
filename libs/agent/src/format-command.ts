/**
 * Shows commands to people, as lines that bash would take. Pure. What a tenant wrote may be in them,
 * so a character that a terminal would act on is always escaped.
 */
import type {
  Command,
  FileCommand,
  FolderCommand,
  QuotaCommand,
  RunCommand,
  SystemdCommand,
  WriteCommand,
} from './command.ts';

const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;
/** Control, format and unassigned characters: what a terminal acts on or does not show. */
const UNSEEN = /\p{C}/gu;
/** Text beyond this many characters is cut: an init script may be a megabyte. */
const MAX_TEXT = 4000;

function escapeUnseen(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (char === '\n') return '\\n';
  if (char === '\t') return '\\t';
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\U${code.toString(16).padStart(8, '0')}`;
}

/** quoteWord returns `word` as bash would have to read it to get exactly `word`. */
export function quoteWord(word: string): string {
  if (PLAIN.test(word)) return word;
  if (word.search(UNSEEN) === -1) return `'${word.replaceAll("'", "'\\''")}'`;
  const escaped = word.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return `$'${escaped.replace(UNSEEN, escapeUnseen)}'`;
}

/** A here-document needs whole lines, and nothing in them that a terminal would act on. */
function fitsHereDocument(text: string): boolean {
  return text.endsWith('\n') && text.replaceAll(/[\n\t]/g, '').search(UNSEEN) === -1;
}

function hereDocument(command: string, text: string): string {
  const lines = new Set(text.split('\n'));
  let end = 'EOF';
  while (lines.has(end)) end += '_';
  return `${command} <<'${end}'\n${text}${end}`;
}

function withInput(command: string, text: string): string {
  const left = text.length - MAX_TEXT;
  const shown = left > 0 ? `${text.slice(0, MAX_TEXT)}\n[${left} more characters]\n` : text;
  if (shown === '') return `${command} </dev/null`;
  return fitsHereDocument(shown)
    ? hereDocument(command, shown)
    : `printf %s ${quoteWord(shown)} | ${command}`;
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

function formatWrite({ write, mode, text }: WriteCommand): string {
  return withInput(`install -m ${octal(mode)} /dev/stdin ${quoteWord(write)}`, text);
}

function formatFolder({ folder, mode, owner }: FolderCommand): string {
  const owned = owner === undefined ? '' : ` -o ${owner} -g ${owner}`;
  return `install -d -m ${octal(mode)}${owned} ${quoteWord(folder)}`;
}

function formatQuota({ quota, project, hardKiB, hardInodes }: QuotaCommand): string {
  return `setquota -P ${project} 0 ${hardKiB} 0 ${hardInodes} ${quoteWord(quota)}`;
}

function formatRun({ run, stdin }: RunCommand): string {
  const line = run.map(quoteWord).join(' ');
  return stdin === undefined ? line : withInput(line, stdin);
}

/** What people would type for it: the programs are not what is run. */
function formatFileCommand(command: FileCommand): string {
  if ('write' in command) return formatWrite(command);
  if ('quota' in command) return formatQuota(command);
  if ('folder' in command) return formatFolder(command);
  if ('charge' in command) return `chattr +P -p ${command.project} ${quoteWord(command.charge)}`;
  if ('need' in command) return `stat --terse -- ${quoteWord(command.need)}`;
  if ('remove' in command) return `rm --recursive --force -- ${quoteWord(command.remove)}`;
  return `mv --no-target-directory -- ${quoteWord(command.move)} ${quoteWord(command.to)}`;
}

function formatSystemdCommand(command: SystemdCommand): string {
  const words =
    'act' in command
      ? [command.act, command.unit]
      : [
          'set-property',
          ...(command.runtime ? ['--runtime'] : []),
          command.unit,
          ...command.properties,
        ];
  return ['systemctl', ...words.map(quoteWord)].join(' ');
}

/**
 * formatCommand returns `command` as people would type it in bash. Texts of more than 4000 characters
 * are cut, and say so.
 */
export function formatCommand(command: Command): string {
  if ('run' in command) return formatRun(command);
  return 'unit' in command ? formatSystemdCommand(command) : formatFileCommand(command);
}
