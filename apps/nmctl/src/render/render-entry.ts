/** Renders labelled facts: the label at the left, the text beside it. Pure. */
import { foldLine } from './fold-line.ts';
import { type Line, line, type Page, span } from './render-line.ts';

const LABEL_WIDTH = 14;

/** renderEntry returns the first line beside its label, and further ones and folded ones below it. */
export function renderEntry(
  label: string,
  lines: readonly Line[],
  page: Pick<Page, 'width'>,
): readonly Line[] {
  const margin = ' '.repeat(LABEL_WIDTH);
  return lines.flatMap((one, at) =>
    foldLine(
      line(at === 0 ? span(label.padEnd(LABEL_WIDTH), 'strong') : margin, ...one),
      page,
      LABEL_WIDTH + (at === 0 ? 0 : 2),
    ),
  );
}
