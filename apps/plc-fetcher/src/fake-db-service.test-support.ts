/** A db-service for tests, in memory: holds what it is given, and can be away, lose all or refuse. */
import type { DeliveryResult, FullUpdateParams, HeldSource } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import type { Source } from '@nodemgr/records';
import type { DeliveryPort } from './delivery-loop.ts';

export class FakeDbService implements DeliveryPort {
  /** All updates that arrived, of all sources. */
  readonly updates: FullUpdateParams[] = [];
  readonly #held = new Map<Source, HeldSource>();
  away = false;
  refusing = false;

  async held(source: Source): Promise<HeldSource> {
    if (this.away) throw new Fault('unavailable', 'no answer to held_source in 2000 ms');
    return this.#held.get(source) ?? { since_boot: false };
  }

  async deliver(update: FullUpdateParams): Promise<DeliveryResult> {
    if (this.away) throw new Fault('unavailable', 'no answer to full_update');
    this.updates.push(update);
    const { source, timestamp, digest, fresh } = update;
    const held = await this.held(source);
    if (this.refusing) {
      this.#held.set(source, { ...held, refused_digest: digest });
      return { outcome: 'refused', reason: 'it would remove 3 of 4 running slivers' };
    }
    this.#held.set(source, { timestamp, digest, since_boot: fresh || held.since_boot });
    return { outcome: 'accepted', written: update.records.length, removed: 0, ignored: [] };
  }

  /** The machine boots: what is held is from before this boot. */
  boot(): void {
    for (const [source, held] of this.#held) this.#held.set(source, { ...held, since_boot: false });
  }

  loseDatabase(): void {
    this.#held.clear();
  }

  /** The updates of source `plc`, in short. */
  get documents(): { slivers: string[]; fresh: boolean; timestamp: number }[] {
    return this.updates
      .filter(({ source }) => source === 'plc')
      .map(({ records, fresh, timestamp }) => {
        const slivers = records.map(({ record_key }) => record_key);
        return { slivers, fresh, timestamp };
      });
  }
}
