/** Brings the five daemons' status together, and finds what is wrong in it. Pure: `nmctl status` exits by it. */
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
import { PLC_DOCUMENTS } from '@nodemgr/records';
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

/** Reports whether a failure is no more than an update that the guard holds back, which both ends report. */
function isHold({ code, source }: DaemonFailure, held: readonly string[]): boolean {
  return code === 'update-held' && source !== undefined && held.includes(source);
}

/**
 * failuresOf returns what fails on the node, as each daemon that answers reports it. An update that the guard
 * holds back is shown with the guard, and is no failure besides.
 */
export function failuresOf(status: Partial<NodeStatus>): readonly DaemonFailure[] {
  const held = heldSources(status);
  const all = DAEMONS.flatMap((daemon) => {
    const answer = status[daemon];
    if (answer === undefined || !answer.answered) return [];
    return answer.value.failures.map((failure) => ({ daemon, ...failure }));
  });
  return all.filter((failure) => !isHold(failure, held));
}

/** The name of each source's document, for people. */
function documentsOf(status: Partial<NodeStatus>): Readonly<Record<string, string>> {
  const fetcher = status['plc-fetcher'] && heard(status['plc-fetcher']);
  const plc = PLC_DOCUMENTS[fetcher?.detail.kind ?? 'slices-xml'];
  return { plc, config: 'configuration', ticket: 'ticket' };
}

/** Accounts named in one line. */
const MAX_NAMED = 3;

const nameOf = (record_key: string): string => record_key.replace(/^(sliver|delegate)_/, '');

function accountsText(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return `${names.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * sourceTroublesOf returns what was left out of PLC's document and of the configuration, ignored or cut: where, which
 * accounts it concerns, and why. A person's key that is broken is one trouble, in however many slices he is.
 */
export function sourceTroublesOf(status: Partial<NodeStatus>): readonly string[] {
  const db = status['db-service'] && heard(status['db-service']);
  if (db === undefined) return [];
  const { troubles, more_troubles } = db.detail;
  const documents = documentsOf(status);
  const concerned = new Map<string, { said: string; text: string; names: string[] }>();
  for (const { source, record_key, text } of troubles) {
    const said = documents[source] ?? source;
    const entry = concerned.get(`${said} ${text}`) ?? { said, text, names: [] };
    if (record_key !== undefined) entry.names.push(nameOf(record_key));
    concerned.set(`${said} ${text}`, entry);
  }
  const told = [...concerned.values()].map(({ said, text, names }) =>
    names.length === 0 ? `${said}: ${text}` : `${said}: ${accountsText(names)}: ${text}`,
  );
  return more_troubles === 0 ? told : [...told, `and ${more_troubles} more of this kind`];
}

/** troublesAbout returns those of them that concern one account, in full. */
export function troublesAbout(record_key: string, status: Partial<NodeStatus>): readonly string[] {
  const db = status['db-service'] && heard(status['db-service']);
  const all = db?.detail.troubles ?? [];
  return all.filter((trouble) => trouble.record_key === record_key).map(({ text }) => text);
}

type Feed = SupervisorStatus['detail']['feed'];

/** Those that follow the feed must follow it: else they act on yesterday's state. */
const SUBSCRIBERS = ['account-supervisor', 'bwcap-agent', 'api-gateway'] as const;

/** A database that was set aside is trouble until somebody has looked at it, and taken it away. */
function setAsideTroubles({ 'db-service': db }: NodeStatus): readonly string[] {
  const salvage = heard(db)?.detail.salvage;
  if (salvage === undefined) return [];
  return [`the database was set aside as damaged; look at it, and remove ${salvage.set_aside}`];
}

/** troublesOf returns, in words, what is down, failing, held back or lost; nothing when all is well. */
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
  return [
    ...down,
    ...blind,
    ...failing,
    ...heldBack,
    ...setAsideTroubles(status),
    ...sourceTroublesOf(status),
  ];
}

/** isSilentNode reports whether no daemon is there at all. */
export function isSilentNode(status: NodeStatus): boolean {
  return DAEMONS.every((daemon) => isSilent(status[daemon]));
}
