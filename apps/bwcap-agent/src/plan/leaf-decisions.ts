/**
 * Keeps by which decision each parameter of a sliver's leaves was last set, for as long as this process runs:
 * what it has found in the kernel it did not decide. Pure but for what it keeps.
 */
import type { LimitDecision } from '@nodemgr/contracts';
import type { AccountName } from '@nodemgr/records';
import { BRANCHES, type Branch } from '../limits/htb-tree.ts';
import { LIMITED } from '../limits/limits.ts';
import type { BandwidthState } from '../observed/bandwidth-state.ts';
import type { BandwidthStep } from './bandwidth-steps.ts';

type Parameter = (typeof LIMITED)[number];
type Decisions = Readonly<Record<Branch, Readonly<Partial<Record<Parameter, LimitDecision>>>>>;

const NONE: Decisions = { ordinary: {}, exempt: {} };

export class LeafDecisions {
  readonly #decisions = new Map<AccountName, Decisions>();

  /** on returns the decision that set a parameter of a sliver's leaf; undefined: none since this process runs. */
  on(name: AccountName, branch: Branch, parameter: Parameter): LimitDecision | undefined {
    return this.#decisions.get(name)?.[branch][parameter];
  }

  /** done takes note of steps that were carried out on slivers as they were `before`. */
  done(
    steps: readonly BandwidthStep[],
    before: BandwidthState['slivers'],
    decisionFor: (name: AccountName) => LimitDecision,
  ): void {
    for (const step of steps) {
      if (step.step === 'remove-tree' || step.step === 'install-tree') this.#decisions.clear();
      else if (step.step === 'remove-sliver') this.#decisions.delete(step.name);
      else if (step.step === 'add-sliver') {
        for (const branch of BRANCHES) this.#set(step.name, branch, LIMITED, decisionFor);
      } else if (step.step === 'change-leaf') {
        const { name, branch, leaves } = step;
        const was = before.get(name)?.[branch];
        const changed = LIMITED.filter(
          (parameter) => was?.[parameter] !== leaves[branch][parameter],
        );
        this.#set(name, branch, changed, decisionFor);
      }
    }
  }

  #set(
    name: AccountName,
    branch: Branch,
    parameters: readonly Parameter[],
    decisionFor: (name: AccountName) => LimitDecision,
  ): void {
    const decisions = this.#decisions.get(name) ?? NONE;
    const decision = decisionFor(name);
    const set = Object.fromEntries(parameters.map((parameter) => [parameter, decision]));
    this.#decisions.set(name, { ...decisions, [branch]: { ...decisions[branch], ...set } });
  }
}
