import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeFolder, run, writeFile } from './command.ts';
import { formatCommand, quoteWord } from './format-command.ts';

test('plain words are shown as they are', () => {
  expect(formatCommand(run('useradd', '--uid', '30000', 'princeton_sirius'))).toBe(
    'useradd --uid 30000 princeton_sirius',
  );
});

test('a word with blanks or quotes is quoted', () => {
  expect(formatCommand(run('echo', "it's here", ''))).toBe("echo 'it'\\''s here' ''");
});

test('what a terminal would act on is escaped', () => {
  expect(quoteWord('a\x1b[31mb\u202ec')).toBe("$'a\\x1b[31mb\\u202ec'");
});

test('input is shown as a here-document that its own text cannot end', () => {
  const command = { ...run('tc', '-batch', '-'), stdin: 'class del\nEOF\n' };
  expect(formatCommand(command)).toBe("tc -batch - <<'EOF_'\nclass del\nEOF\nEOF_");
});

test('a file write shows its mode, its path and its text', () => {
  expect(formatCommand(writeFile('/etc/x y', 0o640, 'one\n'))).toBe(
    "install -m 0640 /dev/stdin '/etc/x y' <<'EOF'\none\nEOF",
  );
  expect(formatCommand(writeFile('/etc/x', 0o644, ''))).toBe(
    'install -m 0644 /dev/stdin /etc/x </dev/null',
  );
});

test('what is done to files is shown as the program that would do it', () => {
  const shown = [
    makeFolder('/srv/a', 0o755),
    makeFolder('/srv/b c', 0o700, 30_000),
    { charge: '/srv/a', project: 7 },
    { need: '/srv/a' },
    { move: '/srv/a', to: '/srv/d' },
    { remove: '/srv/d' },
  ].map((command) => formatCommand(command));
  expect(shown).toEqual([
    'install -d -m 0755 /srv/a',
    "install -d -m 0700 -o 30000 -g 30000 '/srv/b c'",
    'chattr +P -p 7 /srv/a',
    'stat --terse -- /srv/a',
    'mv --no-target-directory -- /srv/a /srv/d',
    'rm --recursive --force -- /srv/d',
  ]);
});

test('text with control characters goes in as one quoted word', () => {
  expect(formatCommand(writeFile('/x', 0o755, 'a\x07b'))).toBe(
    "printf %s $'a\\x07b' | install -m 0755 /dev/stdin /x",
  );
});

test('a long text is cut, and says so', () => {
  const shown = formatCommand(writeFile('/x', 0o755, 'y'.repeat(5000)));
  expect(shown.length).toBeLessThan(4200);
  expect(shown).toContain('[1000 more characters]');
});

test('bash reads every quoted word as the word that it was', () => {
  const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
      const script = `printf '%s\\0' ${words.map(quoteWord).join(' ')}`;
      const { stdout } = spawnSync('bash', ['-c', script], {
        env: { LC_ALL: 'C.UTF-8' },
        encoding: 'utf8',
      });
      expect(stdout.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 30 },
  );
});

test('a quota is shown as setquota(8) with both its limits', () => {
  const quota = { quota: '/state', project: 7, hardKiB: 5_000_000, hardInodes: 312_500 };
  expect(formatCommand(quota)).toBe('setquota -P 7 0 5000000 0 312500 /state');
});
