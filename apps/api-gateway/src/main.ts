/** api-gateway: the XML-RPC front door. This file only wires: configuration, parts, run, stop. */
import { randomUUID } from 'node:crypto';
import { connectCalls, type FeedSubscription, serveCalls, subscribeFeed } from '@nodemgr/bus';
import { apiSocketOf } from '@nodemgr/config';
import { gatewayOperatorContract, usageContract, writeContract } from '@nodemgr/contracts';
import {
  type DaemonContext,
  type ListenAt,
  type RunningDaemon,
  runDaemon,
  sleep,
  systemdSockets,
} from '@nodemgr/daemon';
import { Fault } from '@nodemgr/faults';
import { watchNodeAccounts } from '@nodemgr/node-accounts';
import { revision } from '@nodemgr/records';
import { encodeFault } from '@nodemgr/xml-rpc';
import { identifyBySocket } from './caller/identify-caller.ts';
import { KERNEL, TcpOwners } from './caller/tcp-owners.ts';
import { Gateway } from './gateway.ts';
import { machineFacts } from './machine/machine-facts.ts';
import { writesThrough } from './write/make-writes.ts';
import { sendOver, sendTicketOver } from './write/send-over-bus.ts';

const now = () => performance.now();
/** Calls that a gateway finds waiting when it starts are answered once it knows the slivers, or after this (ms). */
const FIRST_SNAPSHOT_MS = 2000;

function accountsOf({ config, log }: DaemonContext) {
  const { passwd_file, subuid_file, sliver_shell, delegate_shell } = config.accounts;
  const shells = { sliver: sliver_shell, delegate: delegate_shell };
  return watchNodeAccounts({ passwd_file, subuid_file, shells, log });
}

/** systemd's sockets where it hands some over, else our own. */
function placesToListen({ config }: DaemonContext): readonly ListenAt[] {
  const handed = systemdSockets(process.env, process.pid);
  if (handed.length > 0) return handed.map((fd) => ({ fd }));
  const { tcp_port } = config.api;
  const tcp = tcp_port === 0 ? [] : [{ host: '127.0.0.1', port: tcp_port }];
  return [{ path: apiSocketOf(config) }, ...tcp];
}

function followFeed({ endpoints, log }: DaemonContext): FeedSubscription {
  const { feedChanges: changes, feedSnapshot: snapshot } = endpoints;
  // Reads look at the items when they are asked; a change by itself causes nothing.
  return subscribeFeed({ changes, snapshot, log, onChange: () => undefined });
}

/** By time first: such ids are neighbours in db-service's index, and 64 of a commit dirty a page or two, not 64. */
const newRequestId = (): string => `${Date.now().toString(36)}-${randomUUID()}`;

async function start(context: DaemonContext): Promise<RunningDaemon> {
  const { config, endpoints, log, name, signal } = context;
  const feed = followFeed(context);
  const db = connectCalls({ path: endpoints.write, contract: writeContract });
  const writes = writesThrough({
    send: sendOver(db),
    sendTicket: sendTicketOver(db),
    reached: (revision, deadlineMs) => feed.reached(revision, deadlineMs),
    pause: (ms) => sleep(ms, signal),
    now,
    newRequestId,
    writeMs: config.api.write_seconds * 1000,
  });
  const { root_uids: rootUids } = config.api;
  const accounts = accountsOf(context);
  const agents = {
    'account-supervisor': connectCalls({
      path: endpoints.usage['account-supervisor'],
      contract: usageContract,
    }),
    'bwcap-agent': connectCalls({ path: endpoints.usage['bwcap-agent'], contract: usageContract }),
  };
  const machine = machineFacts({ accounts, agents });
  // Known from now on, should the files be out of reach when somebody calls.
  await accounts.current();
  const tcpOwners = new TcpOwners({ questions: KERNEL, failures: context.failures, log });
  const identify = identifyBySocket({ rootUids, accounts, tcpOwners });
  const heard = feed.reached(revision(0), FIRST_SNAPSHOT_MS).catch(() => {
    log.warn(
      `db-service has not answered in ${FIRST_SNAPSHOT_MS} ms; until it does, calls are told so`,
    );
  });
  const ports = { replica: feed, heard, writes, machine, identify, now, log };
  const gateway = new Gateway(ports, config.api);
  const listening = [];
  for (const place of placesToListen(context)) listening.push(await gateway.listen(place));
  const tcp = listening.flatMap((at) => (at.kind === 'tcp' ? [at.tcp] : [])).join(', ');
  if (tcp !== '') await tcpOwners.check();
  const where = { socket: apiSocketOf(config), ...(tcp === '' ? {} : { tcp }) };
  const operator = await serveCalls({
    path: endpoints.operator[name],
    contract: gatewayOperatorContract,
    handlers: {
      status: async () => ({
        ...context.commonStatus(),
        detail: { feed: feed.position, ...where, ...(await gateway.counts()) },
      }),
    },
    log,
  });
  log.info(where, 'the API answers');
  return {
    async stop() {
      await gateway.close();
      await operator.close();
      for (const client of [db, ...Object.values(agents)]) client.close();
      await feed.close();
    },
  };
}

/** In whatever way it is asked, for it is sent before the question has been read. */
function turnedAway(): string {
  const { code, message } = new Fault(
    'unavailable',
    'api-gateway cannot start, and its log says why; nothing of what was asked for is done',
  );
  const body = encodeFault(code, message);
  const fields = `Content-Type: text/xml; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}`;
  return `HTTP/1.1 200 OK\r\n${fields}\r\nConnection: close\r\n\r\n${body}`;
}

void runDaemon('api-gateway', start, turnedAway);
