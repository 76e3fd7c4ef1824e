/** plc-fetcher: the conversation with PLC. This file only wires. */
import { join } from 'node:path';
import { type CallClient, connectCalls, serveCalls } from '@nodemgr/bus';
import { type DeliverContract, deliverContract, fetcherOperatorContract } from '@nodemgr/contracts';
import { type DaemonContext, type RunningDaemon, runDaemon } from '@nodemgr/daemon';
import { epochSeconds } from '@nodemgr/records';
import { operatorHandlers } from './answer-operator.ts';
import { DeliveryLoop, type DeliveryPort } from './delivery-loop.ts';
import { DocumentStore } from './document-store.ts';
import type { Fetch } from './fetch-answer.ts';
import { fetchFile } from './fetch-file.ts';
import { fetchHttps } from './fetch-https.ts';
import { KeptDocument } from './kept-document.ts';
import { offerConfig, offerDocument } from './offer-records.ts';
import { delegationsFromConfig } from './plan-records.ts';
import { PollLoop } from './poll-loop.ts';
import { withDeadline } from './with-deadline.ts';

/** How long db-service may take to say what it holds, and to take an update (milliseconds). */
const HELD_MS = 2000;
const DELIVER_MS = 15_000;
/** How soon a db-service that lost its database has it back. */
const CHECK_MS = 5000;

const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

function deliveryPort(client: CallClient<DeliverContract>): DeliveryPort {
  return {
    held: (source) => client.call('held_source', { source }, { deadlineMs: HELD_MS }),
    deliver: (update) => client.call('full_update', update, { deadlineMs: DELIVER_MS }),
  };
}

function fetcherOf({
  url,
  ca_file,
  max_bytes,
  timeout_seconds,
}: DaemonContext['config']['plc']): Fetch {
  const source = { url, caFile: ca_file, maxBytes: max_bytes };
  const fetch = url.startsWith('file:') ? fetchFile(source) : fetchHttps(source);
  return withDeadline(fetch, timeout_seconds);
}

/** Source `config` is offered once: the configuration does not change while we run. */
function offerOwnConfig(deliveries: DeliveryLoop, { config, failures, log }: DaemonContext): void {
  const { offer, bad } = offerConfig(config, epochSeconds(Math.floor(clock.wallMs() / 1000)));
  for (const { name, why } of bad) {
    failures.report({ subject: name, action: 'read the configuration', reason: why });
    log.error(
      { delegate: name, why },
      'a delegate is left out until the configuration is corrected',
    );
  }
  deliveries.offer('config', offer);
}

async function start(context: DaemonContext): Promise<RunningDaemon> {
  const { config, endpoints, log, failures, signal } = context;
  const { url } = config.plc;
  const nodeId = config.node.id;
  const delegations = delegationsFromConfig(config.delegates);
  const client = connectCalls({ path: endpoints.deliver, contract: deliverContract });
  const port = deliveryPort(client);
  const random = Math.random;
  const deliveries = new DeliveryLoop({ port, failures, log, signal, random, checkMs: CHECK_MS });
  const store = new DocumentStore(join(config.node.state_dir, 'plc'));
  const kept = new KeptDocument({ url, nodeId, store, failures, log });
  const polls = new PollLoop({
    nodeId,
    policy: config.plc,
    fetch: fetcherOf(config.plc),
    kept,
    clock,
    random,
    failures,
    log,
    signal,
    onGood: (good) =>
      deliveries.offer('plc', {
        ...offerDocument(good, delegations),
        accepted: (timestamp) => kept.keepNote(good, timestamp),
      }),
  });
  const operators = await serveCalls({
    path: endpoints.operator['plc-fetcher'],
    contract: fetcherOperatorContract,
    handlers: operatorHandlers({ url, polls, commonStatus: context.commonStatus }),
    log,
  });
  offerOwnConfig(deliveries, context);
  const running = [polls.run(), deliveries.run()];
  return {
    async stop() {
      client.close();
      await operators.close();
      await Promise.all(running);
    },
  };
}

void runDaemon('plc-fetcher', start);
