/** What the process that fuzzes and the one that started it say to each other. Types only. */

/** What a worker is started with. It takes the inputs number `first`, `first` + `step`, … below `inputs`. */
export interface Share {
  readonly seed: number;
  readonly inputs: number;
  readonly first: number;
  readonly step: number;
}

export interface ShareReport {
  readonly inputs: number;
  readonly accepted: number;
  readonly kept: number;
  /** The share of the code under test that has run, from 0 to 1. */
  readonly coverage: number;
  /** Documents read by another program too; undefined: there is none here. */
  readonly compared: number | undefined;
  readonly slowestMs: number;
  readonly heapBytes: readonly number[];
  /** Over all inputs: two runs with the same seed have the same. */
  readonly digest: string;
}

export type WorkerMessage =
  | { readonly kind: 'progress'; readonly done: number }
  | {
      readonly kind: 'finding';
      readonly what: string;
      /** The arguments that show it again. */
      readonly repeat: string;
      /** How many inputs there had been. */
      readonly inputs: number;
    }
  | { readonly kind: 'done'; readonly report: ShareReport };
