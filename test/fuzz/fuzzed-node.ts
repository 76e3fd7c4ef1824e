/**
 * The gateway's own path from the bytes of a body to the text of its answer, over a node that is
 * pretended. One serves a whole run, as the gateway does; between two inputs the node is put back
 * as it was. It judges nothing.
 */
import { Fault } from '@nodemgr/faults';
import { recordKeyOf } from '@nodemgr/records';
import { DEFAULT_BOUNDS } from '@nodemgr/xml-rpc';
import { BodyAnswerer } from '../../apps/api-gateway/src/api/answer-body.ts';
import { CallDispatcher } from '../../apps/api-gateway/src/api/dispatch-call.ts';
import { makeMethodTable } from '../../apps/api-gateway/src/api/method-table.ts';
import {
  aSliver,
  EISENTEST,
  PretendedNode,
  SIRIUS,
} from '../../apps/api-gateway/src/test-kit/pretended-node.ts';
import type { Change } from '../../apps/api-gateway/src/write/make-writes.ts';
import type { Scene } from './scene.ts';

/** Numbers that stand in the state of one sliver alone, so that an answer tells whose state it holds. */
export const SECRETS = { sirius: 7_310_425_901, eisentest: 8_642_097_513 } as const;

/** What came of one input. */
export interface Answered {
  readonly answer: string;
  readonly made: readonly { readonly change: Change; readonly caller: string }[];
  /** Whether the items of the replica are others than before, whoever changed them. */
  readonly changed: boolean;
  /** Defects that the gateway logged, and the longest of its lines in characters. */
  readonly defects: readonly unknown[];
  readonly longestLine: number;
}

const slivers = [
  aSliver(SIRIUS, {
    rspec: { nm_cpu_share: 32, nm_secret: SECRETS.sirius },
    delegations: [
      ['del_snoop', 'GetRSpec'],
      ['del_snoop', 'SetLoans'],
      ['princeton_eisentest', 'Stop'],
      ['nobody', 'Start'],
      ['root', 'Start'],
    ],
    loans: [[EISENTEST, 'nm_cpu_share', 8]],
  }),
  aSliver(EISENTEST, { rspec: { nm_cpu_share: 16, nm_secret: SECRETS.eisentest } }),
] as const;

export class FuzzedNode {
  readonly #node = new PretendedNode();
  readonly #items: PretendedNode['items'];
  readonly #answerer: BodyAnswerer;
  #defects: unknown[] = [];
  #longestLine = 0;
  #clock = 0;
  #stepMs = 0;

  constructor() {
    for (const sliver of slivers) {
      this.#node.items.set(recordKeyOf('sliver', sliver.record.name), sliver);
    }
    this.#items = new Map(this.#node.items);
    const now = () => {
      this.#clock += this.#stepMs;
      return this.#clock;
    };
    const log = {
      info: (fields: object) => this.#measure(fields),
      error: (fields: object) => {
        this.#defects.push('err' in fields ? fields.err : fields);
      },
    };
    const table = makeMethodTable();
    const dispatcher = new CallDispatcher({
      table,
      replica: this.#node,
      heard: Promise.resolve(),
      writes: this.#node,
      machine: this.#node,
      now,
      log,
    });
    this.#answerer = new BodyAnswerer({ dispatcher, bounds: DEFAULT_BOUNDS, now });
  }

  /** answer has a body answered in a scene; it rejects only if the gateway does. */
  async answer(body: Uint8Array, scene: Scene): Promise<Answered> {
    this.#enter(scene);
    const answer = await this.#answerer.answer(scene.caller, body);
    return {
      answer,
      made: [...this.#node.made],
      changed: this.#isChanged(),
      defects: this.#defects,
      longestLine: this.#longestLine,
    };
  }

  #enter({ feed, writes, stepMs }: Scene): void {
    if (this.#isChanged()) for (const [key, item] of this.#items) this.#node.items.set(key, item);
    this.#node.made.splice(0);
    this.#node.position = feed === 'waiting' ? { state: feed } : { state: feed, revision: 1 };
    this.#node.failing =
      writes === 'made'
        ? undefined
        : writes === 'refused'
          ? new Fault('unavailable', 'db-service is being upgraded')
          : new TypeError('nobody worded this');
    this.#defects = [];
    this.#longestLine = 0;
    this.#stepMs = stepMs;
  }

  #isChanged(): boolean {
    const { items } = this.#node;
    if (items.size !== this.#items.size) return true;
    for (const [key, item] of this.#items) if (items.get(key) !== item) return true;
    return false;
  }

  #measure(fields: object): void {
    this.#longestLine = Math.max(this.#longestLine, JSON.stringify(fields).length);
  }
}
