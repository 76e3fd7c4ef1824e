/**
 * The dry run: prints the exact commands that the changes stand for, runs none of them, and keeps the
 * state that the kernel would have.
 */
import { join } from 'node:path';
import { formatCommand, readStateFile, replaceFile } from '@nodemgr/agent';
import type { Config } from '@nodemgr/config';
import { type Logger, roomSign, writableSign } from '@nodemgr/daemon';
import { renderChanges } from '../../execute/render-changes.ts';
import type { ClassMinor } from '../../limits/htb-tree.ts';
import { type BandwidthState, NOTHING_INSTALLED } from '../../observed/bandwidth-state.ts';
import { applyChanges } from '../../plan/apply-changes.ts';
import type { BandwidthStep } from '../../plan/bandwidth-steps.ts';
import type { ClassCounters, Happenings, Kernel } from '../port.ts';
import { type FoundUplink, findUplink, PRETENDED_UPLINK } from '../uplink.ts';
import { fromStored, storedBandwidthSchema, toStored } from './stored-bandwidth.ts';

type DryRunLog = Pick<Logger, 'info' | 'error'>;

export class DryRunKernel implements Kernel {
  readonly driver = 'dry-run';
  readonly signs: Kernel['signs'];
  readonly #file: string;
  #state: BandwidthState = NOTHING_INSTALLED;

  private constructor(
    private readonly config: Config,
    private readonly bootId: string,
    private readonly log: DryRunLog,
  ) {
    this.#file = join(config.node.state_dir, 'bandwidth', 'kernel.json');
    this.signs = {
      programs: async () => '',
      modules: async () => '',
      room: roomSign(config.node.state_dir),
      writable: writableSign(config.node.state_dir),
    };
  }

  /** open reads the pretended state; damaged, it is set aside and nothing is installed. */
  static async open(config: Config, bootId: string, log: DryRunLog): Promise<DryRunKernel> {
    const kernel = new DryRunKernel(config, bootId, log);
    const file = await readStateFile(kernel.#file, storedBandwidthSchema, Date.now());
    if (file.found === 'damaged') {
      const { reason, setAside } = file;
      log.error(
        { reason, set_aside: setAside },
        'the pretended bandwidth state is damaged: set aside, all limits are installed afresh',
      );
    }
    if (file.found === 'state' && file.state.boot_id === bootId) {
      kernel.#state = fromStored(file.state);
    }
    return kernel;
  }

  /** On a machine without an uplink one is pretended too. */
  async findUplink(): Promise<FoundUplink> {
    const { interface: configured } = this.config.bandwidth;
    const found = await findUplink(configured);
    return found.uplink === undefined
      ? { uplink: { ...PRETENDED_UPLINK, name: configured ?? PRETENDED_UPLINK.name } }
      : found;
  }

  happened(): Happenings {
    return { uplink: false, limits: false };
  }

  async read(): Promise<BandwidthState> {
    return this.#state;
  }

  async apply(steps: readonly BandwidthStep[]): Promise<void> {
    const after = applyChanges(this.#state, steps);
    const commands = renderChanges(steps).map((command) => formatCommand(command));
    this.log.info({ changes: steps.length, commands }, 'dry run: this would be done');
    const stored = JSON.stringify(toStored(after, this.bootId));
    await replaceFile(this.#file, 0o644, `${stored}\n`);
    this.#state = after;
  }

  counters(): ReadonlyMap<ClassMinor, ClassCounters> {
    return new Map();
  }

  close(): void {
    // Nothing is open.
  }
}
