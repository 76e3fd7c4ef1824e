/** plc-fetcher: the conversation with PLC. This file only wires. */
import { type CallClient, connectCalls, serveCalls } from '@nodemgr/bus';
import { type DeliverContract, deliverContract, fetcherOperatorContract } from '@nodemgr/contracts';
import { type DaemonContext, type RunningDaemon, runDaemon } from '@nodemgr/daemon';
import { operatorHandlers } from './answer-operator.ts';
import type { DeliveryPort } from './delivery-loop.ts';
import { makeFetcher } from './make-fetcher.ts';

/** How long db-service may take to answer what it holds, and to take an update (milliseconds). */
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

async function start(context: DaemonContext): Promise<RunningDaemon> {
  const { config, endpoints, log } = context;
  const client = connectCalls({ path: endpoints.deliver, contract: deliverContract });
  const port = deliveryPort(client);
  const fetcher = makeFetcher({
    ...context,
    port,
    clock,
    random: Math.random,
    checkMs: CHECK_MS,
  });
  const { commonStatus, failures } = context;
  const operators = await serveCalls({
    path: endpoints.operator['plc-fetcher'],
    contract: fetcherOperatorContract,
    handlers: operatorHandlers({
      url: config.plc.url,
      kind: config.plc.kind,
      fetcher,
      failures,
      commonStatus,
    }),
    log,
  });
  // Not earlier: to read the document that was kept takes a while, and we are ready without it.
  const ended = fetcher.run();
  return {
    async stop() {
      client.close();
      await operators.close();
      await ended;
    },
  };
}

void runDaemon('plc-fetcher', start);
