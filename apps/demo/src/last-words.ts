/** What a process that could not start said last: its own line, or the error that Node.js ended it for. */

/** Node.js ends what it prints of an error that nobody caught with its own version. */
const ENDED_BY_NODE = /^Node\.js v[\d.]+$/;
const ERROR = /^(?:Uncaught )?[A-Za-z]*Error\b.*/;

/** lastWords returns one line of `log`; '' when it is empty. */
export function lastWords(log: string): string {
  const lines = log.trimEnd().split('\n');
  const last = lines.at(-1) ?? '';
  if (!ENDED_BY_NODE.test(last)) return last;
  return lines.findLast((line) => ERROR.test(line)) ?? last;
}
