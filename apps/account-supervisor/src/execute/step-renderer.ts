/** The signature of a renderer of one kind of step. Types only. */
import type { Command } from '@nodemgr/agent';
import type { AccountName } from '@nodemgr/records';
import type { StepName, StepOf } from '../plan/account-steps.ts';
import type { MachineLayout } from './layout.ts';

/** Renderer turns one kind of step for one account into commands. */
export type Renderer<Name extends StepName> = (
  step: StepOf<Name>,
  name: AccountName,
  layout: MachineLayout,
) => readonly Command[];

export type Renderers<Names extends StepName> = { readonly [Name in Names]: Renderer<Name> };
