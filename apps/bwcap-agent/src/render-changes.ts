/** The commands that a list of changes stands for: at most one `nft -f` and one `tc -batch`. Pure. */
import { type Command, run } from '@nodemgr/agent';
import type { BandwidthStep } from './bandwidth-steps.ts';
import { renderNftLines } from './render-nft.ts';
import { renderTcLines } from './render-tc.ts';

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/**
 * renderChanges returns the commands in order. nft goes first: a class is never taken away while packets
 * are still sent to it, and what is sent to a class that is not there yet goes where it went before.
 */
export function renderChanges(steps: readonly BandwidthStep[]): readonly Command[] {
  const nft = steps.flatMap(renderNftLines);
  const tc = steps.flatMap(renderTcLines);
  const commands: Command[] = [];
  if (nft.length > 0) commands.push({ ...run('nft', '-f', '-'), stdin: textOf(nft) });
  if (tc.length > 0) commands.push({ ...run('tc', '-batch', '-'), stdin: textOf(tc) });
  return commands;
}
