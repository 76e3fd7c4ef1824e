/**
 * What a node is to make of an account: whether it is to exist, to run, and to be logged in to. The guard,
 * the supervisor and nmctl all ask here. Pure.
 */
import type { Standing } from './leases.ts';
import type { AccountRecord, LocalFacts } from './record.ts';
import { amountOf, type Rspec } from './rspec.ts';

/** On whose word an account exists: its authority's record alone, or a CreateSliver call that came or has yet to. */
export type Origin = 'plc' | 'created' | 'not created';

/** Why an account is not to run. */
export type RestReason = 'not created' | 'disabled' | 'stopped' | 'leases';

export interface Intent {
  readonly origin: Origin;
  readonly shouldExist: boolean;
  /** A delegate has nothing that runs: it may. */
  readonly shouldRun: boolean;
  readonly mayLogIn: boolean;
  /** Undefined: it is to run. */
  readonly restReason: RestReason | undefined;
}

/** What is asked about; a feed item of an account is one of these. */
export interface IntentGrounds {
  readonly record: AccountRecord;
  readonly local: LocalFacts;
  /** The RSpec with the configured defaults filled in. Loans make no difference: `nm_enabled` is not lent. */
  readonly effective: Rspec;
  /** How leases leave it; absent: they leave it alone. */
  readonly lease?: { readonly standing: Standing } | undefined;
}

function originOf({ record, local }: IntentGrounds): Origin {
  if (record.account_type === 'delegate' || record.plc_instantiated) return 'plc';
  return local.created ? 'created' : 'not created';
}

/** intentOf returns what is to become of an account, by its record and by what was called for. */
export function intentOf(grounds: IntentGrounds): Intent {
  const origin = originOf(grounds);
  const shouldExist = origin !== 'not created';
  const isEnabled = amountOf(grounds.effective, 'nm_enabled') !== 0;
  const restReason = !shouldExist
    ? 'not created'
    : !isEnabled
      ? 'disabled'
      : grounds.local.stopped
        ? 'stopped'
        : grounds.lease?.standing === 'rests'
          ? 'leases'
          : undefined;
  return {
    origin,
    shouldExist,
    shouldRun: restReason === undefined,
    mayLogIn: shouldExist && isEnabled,
    restReason,
  };
}
