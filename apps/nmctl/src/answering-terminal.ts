/** Sees to it that `--json` prints one JSON document whatever happens. */
import type { Terminal } from './terminal.ts';

export interface AnsweringTerminal extends Terminal {
  /** Prints what was complained of as `{"error": …}`, unless a document was printed already. */
  answerAnyway(): void;
}

/** makeAnswering returns `terminal` with a memory for what it was told. */
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
