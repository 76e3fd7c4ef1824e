/** What is made of nmctl's command line: its manual page and its completion. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { flatten } from './command-tree.ts';
import { COMPLETED, renderCompletion } from './render-completion.ts';
import { renderNmctlManual } from './render-man-nmctl.ts';
import { nmctlTree } from './text-files.ts';

const program = nmctlTree();
const commands = flatten(program);
const page = renderNmctlManual(program, { version: '0.1.0', date: 1_700_000_000 });

describe('nmctl(1)', () => {
  test('has every command, argument and option', () => {
    const text = page.replaceAll('\\-', '-');
    for (const { path, arguments: given, options } of commands) {
      expect(text).toContain(`\\fB${path.slice(1).join(' ')}\\fR`);
      for (const { name } of given) expect(text).toContain(`\\fI${name}\\fR`);
      for (const { names } of options) expect(text).toContain(`\\fB${names.at(-1)}\\fR`);
    }
  });

  test('has the examples and the exit codes of the help', () => {
    expect(page).toContain('.SH EXAMPLES');
    expect(page).toContain('.SH EXIT STATUS');
    expect(page).toContain('nmctl status');
  });

  test('names the release and its day', () => {
    expect(page.split('\n')[0]).toBe('.TH NMCTL 1 2023-11-14 "nodemgr 0.1.0" "Node Manager"');
  });
});

describe('the completion', () => {
  const script = renderCompletion(program);

  /** What bash offers at the end of `line`. */
  function offered(line: string): readonly string[] {
    const words = line.split(' ');
    const { stdout, stderr } = spawnSync(
      'bash',
      [
        '-c',
        // Outside of a completion compopt complains; nothing else of it is needed here.
        `compopt() { :; }; ${script}
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _nmctl; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        ...words,
      ],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    return stdout.split('\n').filter((word) => word !== '');
  }

  test('knows only arguments that there are', () => {
    const all = commands.flatMap(({ path, arguments: given }) =>
      given.map(({ name }) => `${path.slice(1).join(' ')} ${name}`),
    );
    expect(Object.keys(COMPLETED).filter((argument) => !all.includes(argument))).toEqual([]);
  });

  test('offers commands, commands within commands, and options', () => {
    expect(offered('nmctl stat')).toEqual(['status']);
    expect(offered('nmctl config ')).toEqual(['check', 'show', 'keys', '--help']);
    expect(offered('nmctl guard allow --')).toEqual(['--help']);
    expect(offered('nmctl --js')).toEqual(['--json']);
  });

  test('goes past options and their values', () => {
    expect(offered('nmctl --config status gua')).toEqual(['guard']);
    expect(offered('nmctl --json guard al')).toEqual(['allow']);
    expect(offered('nmctl --config ')).toEqual([]);
  });
});
