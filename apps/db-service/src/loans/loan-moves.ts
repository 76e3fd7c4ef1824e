/** Describes what loans have made of slivers' effective RSpecs, and whose loans those were. Pure. */
import { LOANABLE, type ResourceName } from '@nodemgr/records';
import { type Allocations, movedByLoans, partnersOfChange } from '../feed/items.ts';

/** The amount that comes from each partner, or below zero goes to it: of the slivers asked for. */
type Flows = ReadonlyMap<string, ReadonlyMap<string, number>>;

const flowKey = (sliver: string, resource: string): string => `${sliver} ${resource}`;

/** Of what `lenders` lend, all that concerns `slivers`. */
function flowsOf(
  { judged }: Allocations,
  slivers: ReadonlySet<string>,
  lenders: readonly string[],
): Flows {
  const flows = new Map<string, Map<string, number>>();
  const add = (sliver: string, resource: string, partner: string, amount: number) => {
    if (!slivers.has(sliver)) return;
    const key = flowKey(sliver, resource);
    const partners = flows.get(key) ?? new Map<string, number>();
    flows.set(key, partners.set(partner, (partners.get(partner) ?? 0) + amount));
  };
  for (const lender of lenders) {
    for (const { loan, verdict } of judged.get(lender) ?? []) {
      const [recipient, resource, amount] = loan;
      if (verdict !== 'counts') continue;
      add(recipient, resource, lender, amount);
      add(lender, resource, recipient, -amount);
    }
  }
  return flows;
}

function partnerText(partner: string, was: number, is: number): string {
  if (is > 0) return `${partner} lends ${is}`;
  if (is < 0) return `${-is} is lent to ${partner}`;
  return was > 0 ? `${partner} lends ${was} no more` : `${-was} is lent to ${partner} no more`;
}

/** A sliver's amount of a resource, and how much of that loans have brought or taken. */
function standing(allocations: Allocations, name: string, resource: ResourceName) {
  const own = allocations.owned.get(name)?.[resource];
  if (own === undefined) return undefined;
  const effective = allocations.effective.get(name)?.[resource] ?? own;
  return { effective, lent: effective - own };
}

export interface LoanMove {
  readonly name: string;
  /** 'nm_cpu_share 32 → 40 (princeton_sirius lends 8)'. */
  readonly text: string;
}

/** loanMoves returns the slivers for which loans now make another difference than before. */
export function loanMoves(before: Allocations, after: Allocations): readonly LoanMove[] {
  if (before === after) return [];
  const moved = new Set(movedByLoans(before, after));
  if (moved.size === 0) return [];
  // Between others nothing flows otherwise than before.
  const partners = [...partnersOfChange(before, after)].sort();
  const [had, has] = [flowsOf(before, moved, partners), flowsOf(after, moved, partners)];
  const resourceText = (name: string, resource: ResourceName): readonly string[] => {
    const is = standing(after, name, resource);
    const was = standing(before, name, resource);
    if (is === undefined || is.lent === (was?.lent ?? 0)) return [];
    const key = flowKey(name, resource);
    const [from, to] = [had.get(key) ?? new Map(), has.get(key) ?? new Map()];
    const reasons = [...new Set([...from.keys(), ...to.keys()])]
      .filter((partner) => from.get(partner) !== to.get(partner))
      .map((partner) => partnerText(partner, from.get(partner) ?? 0, to.get(partner) ?? 0));
    const start = was?.effective ?? is.effective - is.lent;
    return [`${resource} ${start} → ${is.effective} (${reasons.join(', ')})`];
  };
  return [...moved].flatMap((name) => {
    const texts = LOANABLE.flatMap((resource) => resourceText(name, resource));
    return texts.length === 0 ? [] : [{ name, text: texts.join(', ') }];
  });
}
