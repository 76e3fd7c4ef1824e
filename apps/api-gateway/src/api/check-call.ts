/**
 * The checks of a call, in the order in which their faults win: no such method (100), number of
 * arguments (101), their types and the sliver (102), permission (108). What is inside the arguments
 * is the method's own to check, after these. Pure.
 */
import type { FeedItem } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import { isSliceName, isSliver, recordKeyOf } from '@nodemgr/records';
import type { XmlRpcValue } from '@nodemgr/xml-rpc';
import { type Caller, describeCaller } from '../caller/caller.ts';
import type {
  ApiMethod,
  MethodTable,
  Parameter,
  Replica,
  SliverItem,
  SliverMethod,
  TypeName,
} from './api-method.ts';
import { renderTypes, renderUsage } from './render-help.ts';

const quoted = (text: string): string => `'${text.length > 80 ? `${text.slice(0, 80)}…` : text}'`;

/** methodNamed returns the table's method; throws Fault `no-such-method` that lists those that exist. */
export function methodNamed(table: MethodTable, name: string): ApiMethod {
  const method = table.get(name);
  if (method !== undefined) return method;
  const known = [...table.keys()].join(', ');
  throw new Fault('no-such-method', `no such method: ${quoted(name)}; there are ${known}`);
}

/** requireFeed throws Fault `unavailable` while nothing is known of any sliver. */
export function requireFeed(replica: Replica): void {
  if (replica.position.state === 'waiting') {
    throw new Fault(
      'unavailable',
      'nothing has been heard from db-service yet, so it is not known what slivers there are',
    );
  }
}

function typeOf(value: XmlRpcValue | undefined): string {
  if (value === null || value === undefined) return 'nil';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'dateTime.iso8601';
  if (value instanceof Uint8Array) return 'base64';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'double';
  return typeof value === 'object' ? 'struct' : typeof value;
}

/** completed fills in the sliver that a sliver may leave out; others stay as they are. */
function completed(
  method: ApiMethod,
  params: readonly XmlRpcValue[],
  caller: Caller,
): readonly XmlRpcValue[] {
  if (method.who !== 'sliver' || method.withoutSliver === undefined) return params;
  if (caller.kind !== 'sliver' || params.length !== method.parameters.length - 1) return params;
  return [caller.name, ...method.withoutSliver(params)];
}

function checkType(parameter: Parameter, value: XmlRpcValue | undefined): void {
  const found = typeOf(value);
  const wanted: readonly (TypeName | undefined)[] = [parameter.type, parameter.orType];
  if (wanted.some((type) => type === found)) return;
  throw new Fault(
    'bad-argument',
    `${parameter.name} wants ${renderTypes(parameter)}, got ${found}`,
  );
}

/** argumentsOf returns a call's arguments, complete and of the right types; throws Fault 101 or 102. */
export function argumentsOf(
  method: ApiMethod,
  params: readonly XmlRpcValue[],
  caller: Caller,
): readonly XmlRpcValue[] {
  const args = completed(method, params, caller);
  const { parameters, name } = method;
  if (args.length !== parameters.length) {
    const short =
      method.who === 'sliver' && method.withoutSliver !== undefined
        ? `, or ${parameters.length - 1} when a sliver calls it for itself`
        : '';
    const plural = parameters.length === 1 ? 'argument' : 'arguments';
    throw new Fault(
      'wrong-argument-count',
      `${name} wants ${parameters.length} ${plural}${short}: ${renderUsage(method)}; got ${params.length}`,
    );
  }
  for (const [index, parameter] of parameters.entries()) checkType(parameter, args[index]);
  return args;
}

function isSliverItem(item: FeedItem | undefined): item is SliverItem {
  return item?.kind === 'account' && isSliver(item.record);
}

/** sliverNamed returns a sliver's item; throws Fault 102 when there is none of that name, 111 when none is known yet. */
export function sliverNamed(replica: Replica, name: XmlRpcValue | undefined): SliverItem {
  requireFeed(replica);
  const wanted = typeof name === 'string' ? name : '';
  const item = isSliceName(wanted) ? replica.items.get(recordKeyOf('sliver', wanted)) : undefined;
  if (isSliverItem(item)) return item;
  throw new Fault('bad-argument', `no such sliver: ${quoted(wanted)}`);
}

function mayCall(method: SliverMethod, { record }: SliverItem, caller: Caller): boolean {
  if (caller.kind === 'root') return true;
  if (caller.kind === 'nobody') return false;
  if (caller.kind === 'sliver' && caller.name === record.name) return true;
  const { name, sameAs = name } = method;
  return record.delegations.some(
    ([delegated, may]) => delegated === caller.name && (may === name || may === sameAs),
  );
}

function deny(what: string, caller: Caller): never {
  const why = caller.kind === 'nobody' ? ` (${caller.why})` : '';
  throw new Fault('permission-denied', `${describeCaller(caller)} may not call ${what}${why}`);
}

/** authorise throws Fault `permission-denied` unless `caller` may call a method that concerns no sliver. */
export function authorise(method: ApiMethod, caller: Caller): void {
  if (method.who === 'root' && caller.kind !== 'root') deny(method.name, caller);
}

/** authoriseOn throws Fault `permission-denied` unless `caller` may call a method on a sliver. */
export function authoriseOn(method: SliverMethod, sliver: SliverItem, caller: Caller): void {
  if (!mayCall(method, sliver, caller)) deny(`${method.name} on ${sliver.record.name}`, caller);
}
