/** A node's status, and what of it is not as it should be. Pure: `nmctl status` exits by it. */
import {
  type BandwidthStatus,
  DAEMONS,
  type DaemonName,
  type DbStatus,
  type Failure,
  type FetcherStatus,
  type GatewayStatus,
  type SupervisorStatus,
} from '@nodemgr/contracts';
import { type Answer, answerState, heard, isSilent } from './answer.ts';

/** Every daemon's answer, by its name. */
export interface NodeStatus {
  readonly 'plc-fetcher': Answer<FetcherStatus>;
  readonly 'db-service': Answer<DbStatus>;
  readonly 'account-supervisor': Answer<SupervisorStatus>;
  readonly 'bwcap-agent': Answer<BandwidthStatus>;
  readonly 'api-gateway': Answer<GatewayStatus>;
}

/** A failure, and the daemon whose it is. */
export interface DaemonFailure extends Failure {
  readonly daemon: DaemonName;
}

/** Sources whose update the guard holds back. */
function heldSources({ 'db-service': db }: Partial<NodeStatus>): readonly string[] {
  return (db && heard(db)?.detail.guard.map(({ source }) => source)) ?? [];
}

/** What plc-fetcher calls that which it delivers of each source. */
const DELIVERED: Readonly<Record<string, string>> = {
  plc: 'slices.xml',
  config: 'configuration',
  ticket: 'ticket',
};

/** Whether a failure says no more than that the guard holds an update back: both ends report it. */
function tellsOfHold({ daemon, subject, action }: DaemonFailure, held: readonly string[]): boolean {
  return held.some((source) =>
    daemon === 'db-service'
      ? subject === `guard: ${source}`
      : daemon === 'plc-fetcher' && action === 'deliver' && subject === DELIVERED[source],
  );
}

/**
 * failuresOf returns what fails on the node, as each daemon that answers tells it. What the guard
 * holds back is told by the guard, and is no failure besides.
 */
export function failuresOf(status: Partial<NodeStatus>): readonly DaemonFailure[] {
  const held = heldSources(status);
  const all = DAEMONS.flatMap((daemon) => {
    const answer = status[daemon];
    if (answer === undefined || !answer.answered) return [];
    return answer.value.failures.map((failure) => ({ daemon, ...failure }));
  });
  return all.filter((failure) => !tellsOfHold(failure, held));
}

type Feed = SupervisorStatus['detail']['feed'];

/** Those that follow the feed must follow it: else they act on yesterday's state. */
const SUBSCRIBERS = ['account-supervisor', 'bwcap-agent', 'api-gateway'] as const;

/**
 * troublesOf says in words what is down, failing or held back; nothing when all is well. What a
 * daemon got over by itself (slices left out, a database set aside) is shown, but is no trouble.
 */
export function troublesOf(status: NodeStatus): readonly string[] {
  const down = DAEMONS.flatMap((name) => {
    const state = answerState(status[name]);
    return state === 'up' ? [] : [`${name}: ${state}`];
  });
  const blind = SUBSCRIBERS.flatMap((name) => {
    const feed = heard<{ readonly detail: { readonly feed: Feed } }>(status[name])?.detail.feed;
    return feed === undefined || feed.state === 'live'
      ? []
      : [`${name}: its feed is ${feed.state}`];
  });
  const failing = failuresOf(status).map(({ subject, action }) => `${subject}: ${action} fails`);
  const heldBack = heldSources(status).map(
    (source) => `the guard holds back an update from ${source}`,
  );
  return [...down, ...blind, ...failing, ...heldBack];
}

/** isSilentNode reports whether no daemon is there at all. */
export function isSilentNode(status: NodeStatus): boolean {
  return DAEMONS.every((daemon) => isSilent(status[daemon]));
}
