/** Puts the two loops together: PLC's document and this node's configuration go to db-service. */
import { join } from 'node:path';
import { type DaemonContext, Waits } from '@nodemgr/daemon';
import { epochSeconds } from '@nodemgr/records';
import { type SignName, signsOf } from './causes.ts';
import { DeliveryLoop, type DeliveryPort } from './delivery-loop.ts';
import { DocumentStore } from './document-store.ts';
import { KEPT, KeptDocument } from './kept-document.ts';
import { offerConfig, offerDocument } from './offer-records.ts';
import { delegationsFromConfig } from './plan-records.ts';
import { PLC, type PollClock, PollLoop } from './poll-loop.ts';
import { sourcesOf } from './source/sources.ts';

export interface FetcherOptions
  extends Pick<DaemonContext, 'config' | 'failures' | 'log' | 'signal'> {
  readonly port: DeliveryPort;
  readonly clock: PollClock;
  /** 0 to 1. */
  readonly random: () => number;
  /** How often db-service is asked what it holds, milliseconds. */
  readonly checkMs: number;
}

export interface Fetcher {
  readonly polls: PollLoop;
  readonly deliveries: DeliveryLoop;
  readonly kept: KeptDocument;
  /** run runs both loops until the signal aborts; never rejects. */
  run(): Promise<void>;
}

/** Source `config` is offered once: the configuration does not change while we run. */
function offerOwnConfig(deliveries: DeliveryLoop, options: FetcherOptions): void {
  const { config, clock } = options;
  const offer = offerConfig(config, epochSeconds(Math.floor(clock.wallMs() / 1000)));
  for (const { record_key, text } of offer.remarks) {
    options.log.error(
      { record_key, reason: text },
      'the configuration does not count as it is written',
    );
  }
  deliveries.offer('config', offer);
}

/** makeFetcher puts the loops together; throws when the configuration grants more than records can hold. */
export function makeFetcher(options: FetcherOptions): Fetcher {
  const { config, failures, log, clock } = options;
  const { url, kind } = config.plc;
  const nodeId = config.node.id;
  const now = () => epochSeconds(Math.floor(clock.wallMs() / 1000));
  const { source, recall } = sourcesOf(config, delegationsFromConfig(config.delegates), now);
  const store = new DocumentStore(join(config.node.state_dir, 'plc'));
  const waits = new Waits<string, SignName>({
    signs: signsOf(config),
    wake: (subjects) => {
      if (subjects.includes(PLC)) polls.mended();
      if (subjects.includes(KEPT)) void kept.again();
    },
    after: (ms, action) => {
      const timer = setTimeout(action, ms);
      return () => clearTimeout(timer);
    },
    monotonicMs: () => performance.now(),
  });
  options.signal.addEventListener('abort', () => waits.stop(), { once: true });
  const kept = new KeptDocument({ kind, recall, url, nodeId, store, failures, log, waits });
  const deliveries = new DeliveryLoop(options);
  const polls = new PollLoop({
    ...options,
    nodeId,
    policy: config.plc,
    maxAgeSeconds: config.plc.max_age_seconds,
    source,
    kept,
    waits,
    onGood: (good) =>
      deliveries.offer('plc', {
        ...offerDocument(good, kind),
        accepted: (timestamp) => kept.keepNote(good, timestamp),
      }),
  });
  offerOwnConfig(deliveries, options);
  return {
    polls,
    deliveries,
    kept,
    async run() {
      await Promise.all([polls.run(), deliveries.run()]);
    },
  };
}
