/** The commands that a list of changes stands for: at most one `nft -f` and one `tc -batch`. Pure. */
import { type RunCommand, run } from '@nodemgr/agent';
import type { BandwidthStep } from '../plan/bandwidth-steps.ts';
import { REMOVAL, renderNftLines } from './render-nft.ts';
import { renderTcLines } from './render-tc.ts';

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

function commandsFor(nft: readonly string[], tc: readonly string[]): readonly RunCommand[] {
  const commands: RunCommand[] = [];
  if (nft.length > 0) commands.push({ ...run('nft', '-f', '-'), stdin: textOf(nft) });
  if (tc.length > 0) commands.push({ ...run('tc', '-batch', '-'), stdin: textOf(tc) });
  return commands;
}

/**
 * renderChanges returns the commands in order. nft goes first: a class is never taken away while packets
 * are still sent to it, and what is sent to a class that is not there yet goes where it went before.
 */
export function renderChanges(steps: readonly BandwidthStep[]): readonly RunCommand[] {
  return commandsFor(renderNftLines(steps), steps.flatMap(renderTcLines));
}

/** renderRemoval returns the commands that leave nothing of ours: no table, and no tree on `interfaces`. */
export function renderRemoval(interfaces: Iterable<string>): readonly RunCommand[] {
  const steps = [...interfaces].map((name) => ({ step: 'remove-tree' as const, interface: name }));
  return commandsFor(REMOVAL, steps.flatMap(renderTcLines));
}
