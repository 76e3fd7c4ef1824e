/** docs/one-slice.md names what there is: every file and every function in it is looked for in the tree. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Hop {
  readonly file: string;
  /** `name`, or `Class.method`. */
  readonly name: string;
}

const page = readFileSync('docs/one-slice.md', 'utf8');
const rows = page.split('\n').filter((row) => /^\|.*`(apps|libs)\//.test(row));
const hops = rows.map((row): Hop => {
  const [, file = '', name = ''] = /\| `([^`]+)` \| `([^`]+)` \|/.exec(row) ?? [];
  return { file, name };
});

/** declares reports whether a text declares a function, a constant, or a method of a class. */
function declares(text: string, name: string): boolean {
  const [owner = '', method] = name.split('.');
  if (method === undefined) {
    return new RegExp(`^(export )?(async )?(function\\*? ${owner}\\b|const ${owner} =)`, 'm').test(
      text,
    );
  }
  const [, body = ''] =
    new RegExp(`^(?:export )?class ${owner}\\b([\\s\\S]*?)^}`, 'm').exec(text) ?? [];
  return new RegExp(`^  (async )?\\*?${method}\\(`, 'm').test(body);
}

test('both ways are there, with a file and a function in every row that names a file', () => {
  expect(hops.length).toBeGreaterThan(40);
  expect(hops.filter(({ name }) => name === '')).toEqual([]);
});

test('every file that the page names exists', () => {
  expect(hops.map(({ file }) => file).filter((file) => !existsSync(file))).toEqual([]);
});

test('every function that the page names is declared in the file beside it', () => {
  const missing = hops.filter(
    ({ file, name }) => !(existsSync(file) && declares(readFileSync(file, 'utf8'), name)),
  );
  expect(missing).toEqual([]);
});

test('a name that only stands in a comment or is called is no declaration', () => {
  expect(declares('// function gone()\nexport const kept = 1;\n', 'gone')).toBe(false);
  expect(declares('export class A {\n  b(): void {\n    this.c();\n  }\n}\n', 'A.c')).toBe(false);
  expect(declares('export class A {\n  async #b(): Promise<void> {}\n}\n', 'A.#b')).toBe(true);
});
