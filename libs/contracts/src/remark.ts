/** Remarks on parts of a delivery that do not count as their source wrote them: for people, never acted on. */
import { MAX_REMARK_LENGTH } from '@nodemgr/records';
import * as z from 'zod';

export const remarkSchema = z.strictObject({
  /**
   * `trouble`: something that ought to count was left out, ignored or cut. `note`: it means nothing on
   * this node, and nothing is lost.
   */
  severity: z.enum(['trouble', 'note']),
  /** Where, what and why, in one line; of slices.xml it begins with `line N: `. */
  text: z.string().max(MAX_REMARK_LENGTH),
});
export type Remark = z.infer<typeof remarkSchema>;

/** remarkText returns `text` as a remark holds it: one line, cut where it is too long. */
export function remarkText(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= MAX_REMARK_LENGTH ? line : `${line.slice(0, MAX_REMARK_LENGTH - 2)} …`;
}

/** withoutPlace returns a remark's text without its line: a line that moved is no new remark. */
export function withoutPlace(text: string): string {
  return text.replace(/^line \d+: /, '');
}
