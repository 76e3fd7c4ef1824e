/** What the agents share: commands as data, the loop that brings the machine in line, and the journal of what was done. */
export * from './action-failed.ts';
export * from './command.ts';
export * from './format-command.ts';
export * from './journal/journal.ts';
export * from './own-folder.ts';
export * from './reconcile-loop.ts';
export * from './retry-failing.ts';
export * from './run-program.ts';
export * from './state-file.ts';
export * from './timing.ts';
