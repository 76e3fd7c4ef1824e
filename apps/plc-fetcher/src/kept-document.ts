/**
 * The last good document across restarts: taken up at the start, kept whenever a new one counts. What
 * cannot be kept or read is reported and holds nothing up: it is missed only by a boot without PLC.
 */
import type { FailureBoard, Logger, Waits } from '@nodemgr/daemon';
import { type EpochSeconds, epochSeconds, type PlcKind } from '@nodemgr/records';
import { CAUSES, type SignName } from './causes.ts';
import { type DocumentNote, type DocumentStore, sha256Of } from './document-store.ts';
import type { GoodDocument } from './judge-answer.ts';
import type { Floor } from './judge-order.ts';
import type { Recall } from './source/desired-state-source.ts';
import { reasonOf } from './source/fetch-answer.ts';

export interface KeptOptions {
  readonly kind: PlcKind;
  /** What is kept may be of the other kind: what this node was told before its configuration was changed. */
  readonly recall: Readonly<Record<PlcKind, Recall>>;
  readonly url: string;
  readonly nodeId: number;
  readonly store: Pick<DocumentStore, 'pointer' | 'load' | 'save' | 'note'>;
  readonly failures: FailureBoard;
  readonly log: Logger;
  readonly waits: Pick<Waits<string, SignName>, 'begins' | 'failed' | 'works'>;
}

/** One write: of a whole document, or of what is known of the one that is on disk. */
interface Write {
  readonly what: 'document' | 'note';
  /** Reports whether there was anything to write. */
  carryOut(): Promise<boolean>;
}

/** Subject on the failure board. */
export const KEPT = 'last good document';

export class KeptDocument {
  /** The document that is on disk: its identity, and its file's digest. Notes about another one come too late. */
  #kept: { readonly identity: string; readonly sha256: string } | undefined;
  /** Of the signed document that an earlier life kept, whether that can be used or not. */
  #floor: Floor | undefined;
  #turn: Promise<void> = Promise.resolve();
  /** The document that could not be written, with its bytes, which nobody else has. */
  #undone: Write | undefined;

  constructor(private readonly options: KeptOptions) {}

  /** The last signed document that counted in an earlier life, once restore has ended. */
  get floor(): Floor | undefined {
    return this.#floor;
  }

  /** restore returns the document that an earlier life kept: not fresh until PLC confirms it. */
  async restore(): Promise<GoodDocument | undefined> {
    const { failures, log } = this.options;
    try {
      return await this.#load();
    } catch (error) {
      failures.report({
        code: 'kept-document',
        subject: KEPT,
        action: 'read',
        reason: reasonOf(error),
      });
      log.error({ err: error }, 'the last good document cannot be used; PLC will be asked');
      return undefined;
    }
  }

  /** keep writes a new document; never rejects. */
  keep(good: GoodDocument, kept: Buffer): Promise<void> {
    const carryOut = async () => {
      const sha256 = sha256Of(kept);
      const signature = good.read.signed?.proof.signature;
      await this.options.store.save(this.#noteOf(good, sha256), kept, signature);
      this.#kept = { identity: good.read.identity, sha256 };
      return true;
    };
    return this.#inTurn({ what: 'document', carryOut });
  }

  /**
   * keepNote writes what is known of the kept document anew: other validators, or `vouchedAt`, the
   * time of the update that was delivered from it. Never rejects.
   */
  keepNote(good: GoodDocument, vouchedAt: EpochSeconds = good.vouchedAt): Promise<void> {
    const carryOut = async () => {
      if (this.#kept === undefined || this.#kept.identity !== good.read.identity) return false;
      await this.options.store.note(this.#noteOf({ ...good, vouchedAt }, this.#kept.sha256));
      return true;
    };
    return this.#inTurn({ what: 'note', carryOut });
  }

  /** again makes the write once more that has failed; never rejects. */
  again(): Promise<void> {
    const undone = this.#undone;
    if (undone === undefined) return this.#turn;
    this.#turn = this.#turn.then(async () => {
      // A newer one may have had its turn first.
      if (this.#undone === undone) await this.#attempt(undone);
    });
    return this.#turn;
  }

  async #load(): Promise<GoodDocument | undefined> {
    const { store, log, kind, recall, url, nodeId } = this.options;
    const pointer = await store.pointer();
    if (pointer?.serial !== undefined) {
      this.#floor = { document: pointer.sha256, serial: pointer.serial };
    }
    const kept = await store.load();
    if (kept === undefined) return undefined;
    const { note, bytes, signature } = kept;
    const asOf = epochSeconds(Math.floor(note.fetched_at / 1000));
    const read = recall[note.kind](bytes, asOf, signature);
    if (!read.ok) throw new Error(read.reason);
    const { etag, last_modified, sha256, fetched_at: fetchedAt, vouched_at: vouchedAt } = note;
    // The validators of another server, or of another node's view, mean nothing to this one.
    const same = note.kind === kind && note.url === url && note.node_id === nodeId;
    const validators = same ? { etag, last_modified } : {};
    // A note is written for the kind of today; what is of the other kind stays as it is.
    if (note.kind === kind) this.#kept = { identity: read.identity, sha256 };
    log.info({ fetched_at: fetchedAt, ...read.state.totals }, 'the last good document was found');
    return { read, validators, bytes: note.bytes, fetchedAt, vouchedAt, fresh: false };
  }

  /** Both loops write: one at a time, or a note could name a document that is being replaced. */
  #inTurn(write: Write): Promise<void> {
    this.#turn = this.#turn.then(() => this.#attempt(write));
    return this.#turn;
  }

  async #attempt(write: Write): Promise<void> {
    const { waits } = this.options;
    await waits.begins(KEPT);
    try {
      if (await write.carryOut()) this.#written(write);
    } catch (error) {
      this.#failed(write, error);
    }
    if (this.#undone === undefined) waits.works(KEPT);
    else waits.failed(KEPT, CAUSES['not-kept']);
  }

  /** A note leaves undone what could not be written of a document. */
  #written({ what }: Write): void {
    if (what === 'note' && this.#undone?.what === 'document') return;
    this.#undone = undefined;
    this.options.failures.clear(KEPT);
  }

  #failed(write: Write, error: unknown): void {
    const { failures, log } = this.options;
    if (write.what === 'document' || this.#undone?.what !== 'document') this.#undone = write;
    const attempts = failures.report({
      code: 'kept-document',
      subject: KEPT,
      action: 'write',
      reason: reasonOf(error),
    });
    const next = 'it is tried again when there is room, and at the next poll';
    if (attempts === 1)
      log.error({ err: error }, `the last good document could not be kept; ${next}`);
  }

  #noteOf(good: GoodDocument, sha256: string): DocumentNote {
    const { validators, bytes, fetchedAt, vouchedAt } = good;
    const { kind, url, nodeId } = this.options;
    const about = { sha256, bytes, fetched_at: fetchedAt, vouched_at: vouchedAt };
    const { signed } = good.read;
    const order = signed === undefined ? {} : { serial: signed.serial };
    return { kind, url, node_id: nodeId, ...validators, ...about, ...order };
  }
}
