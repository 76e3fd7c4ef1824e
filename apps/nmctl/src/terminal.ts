/** Where nmctl writes: results to stdout, complaints to stderr. It formats nothing itself. */
import {
  harmlessJson,
  type Line,
  line,
  type Page,
  paragraph,
  textOf,
} from './render/render-line.ts';

export interface Terminal {
  /** How wide, coloured and late it is, for the renderers. */
  readonly page: Page;
  /** Writes a result for people. */
  print(lines: readonly Line[]): void;
  /** Writes a result for programs: one JSON document. */
  printJson(value: unknown): void;
  /** Erases a terminal, for a page that is written again and again. */
  clear(): void;
  /** Writes to stderr what is wrong or missing. */
  complain(text: string): void;
  /** Writes text as it is: help, which goes to stdout when asked for and to stderr when not. */
  say(text: string, to: 'out' | 'err'): void;
}

/** The streams that a terminal writes to: process.stdout and process.stderr, or a test's own. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const jsonText = (value: unknown): string => `${harmlessJson(JSON.stringify(value, null, 2))}\n`;

/** Erases all and goes to the upper left corner (ECMA-48: ED, CUP). */
const CLEAR = '\x1b[2J\x1b[H';

/** makeTerminal puts a terminal on top of two streams. */
export function makeTerminal({ out, err }: Streams, page: Page): Terminal {
  const plain = { colours: false };
  return {
    page,
    print: (lines) => out(textOf(lines, page)),
    printJson: (value) => out(jsonText(value)),
    clear: () => out(CLEAR),
    complain: (text) => {
      const [first = '', ...rest] = paragraph(text);
      err(textOf([line('nmctl: ', ...first), ...rest], plain));
    },
    say: (text, to) => ({ out, err })[to](textOf(paragraph(text.trimEnd()), plain)),
  };
}

export interface AnsweringTerminal extends Terminal {
  /** Prints the complaints as `{"error": …}`, unless a document was printed already. */
  answerAnyway(): void;
}

/** makeAnswering returns `terminal` with a memory of what was written to it. */
export function makeAnswering(terminal: Terminal): AnsweringTerminal {
  const complaints: string[] = [];
  let isAnswered = false;
  return {
    ...terminal,
    complain: (text) => {
      complaints.push(text);
      terminal.complain(text);
    },
    printJson: (value) => {
      isAnswered = true;
      terminal.printJson(value);
    },
    answerAnyway: () => {
      const error =
        complaints.length === 0 ? 'no command; see nmctl --help' : complaints.join('\n');
      if (!isAnswered) terminal.printJson({ error });
    },
  };
}
