/** nodemgr-api(7) against what it is made of, and as man shows it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAULT_NAMES, FAULTS } from '@nodemgr/faults';
import { needs } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditLine, renderApiManual } from './render-man-api.ts';
import { verbatim } from './roff.ts';
import { apiManualParts } from './text-files.ts';

const parts = apiManualParts();
const page = renderApiManual(parts, { version: '0.1.0', date: 1_700_000_000 });

test.each([...parts.methods.values()])(
  'the page has $name, its parameters and its result',
  (method) => {
    const [, section = ''] = page.split(`.TP\n\\fB${method.name}(`);
    const [text = ''] = section.split('.RE\n');
    for (const { name, type, orType } of method.parameters) {
      const types = orType === undefined ? type : `${type} or ${orType}`;
      expect(text).toContain(`\\fI${name}\\fR (${types})`);
    }
    expect(text).toContain(`Result (${method.result.type})`);
    expect(text).toContain('\nCallers\n');
    expect(text).toContain('\nFaults\n');
  },
);

test('the page has every fault', () => {
  for (const name of FAULT_NAMES) {
    expect(page.replaceAll('\\-', '-')).toContain(`.TP\n\\fB${FAULTS[name].code}\\fR\n`);
    expect(page.replaceAll('\\-', '-')).toContain(FAULTS[name].meaning);
  }
});

test('code is shown with its own characters, a line that begins with a quote too', () => {
  expect(verbatim(["'a' `b` ~^ -c", '.d'])).toContain(
    '\n\\(aqa\\(aq \\(gab\\(ga \\(ti\\(ha \\-c\n\\&.d\n',
  );
});

const { missing, note } = needs('man-db');

describe.skipIf(missing)(`as man shows it${note}`, () => {
  let folder: string;
  let shown: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'manual-'));
    const file = join(folder, 'nodemgr-api.7');
    writeFileSync(file, page);
    const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', MANWIDTH: '130', MANPAGER: 'cat' };
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', file], {
      encoding: 'utf8',
      env,
    });
    expect(stderr).toBe('');
    shown = stdout;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('every method is there', () => {
    for (const name of parts.methods.keys()) expect(shown).toContain(`${name}(`);
  });

  test('what is to be typed can be copied from it', () => {
    const lines = shown.split('\n').map((line) => line.trim());
    expect(lines).toContain(auditLine());
    for (const { text } of parts.examples) {
      for (const line of text.split('\n')) expect(lines).toContain(line.trim());
    }
  });
});
