/** Calls as callers of this node make them, well and badly meant: names of methods, slivers, loans. */
import type { XmlRpcCall, XmlRpcValue } from '@nodemgr/xml-rpc';
import { generateNumber, generateText, generateValue } from './generate-value.ts';
import type { Random } from './random.ts';

const SLIVER_METHODS = [
  'CreateSliver',
  'DeleteSliver',
  'Create',
  'Destroy',
  'ReCreate',
  'Start',
  'Stop',
  'GetRSpec',
  'GetEffectiveRSpec',
  'GetLoans',
  'GetRecord',
  'GetUsage',
] as const;
const OTHER_METHODS = [
  'Help',
  'DumpDatabase',
  'GetXIDs',
  'GetSSHKeys',
  'system.listMethods',
  'system.methodHelp',
  'system.methodSignature',
  'Nope',
  '__proto__',
  'constructor',
  'get',
  'system',
  'setloans',
] as const;
const NAMES = [
  'princeton_sirius',
  'princeton_eisentest',
  'del_snoop',
  'no_such',
  'sliver_princeton_sirius',
  'bwcap',
  'timestamp',
  'Princeton_Sirius',
  'princeton_sirius\n',
  '../princeton_sirius',
  '__proto__',
  '',
] as const;
const LOANABLE = ['nm_cpu_share', 'nm_cpu_guaranteed_share', 'nm_net_max_rate'] as const;
const OTHER_RESOURCES = ['nm_disk_quota', 'x'.repeat(64), 'x'.repeat(65), '__proto__', ''] as const;
/** More nesting than the reader takes by default (16) is made by mutation alone. */
const MAX_DEPTH = 5;

const anything = (random: Random): XmlRpcValue => generateValue(random, random.few(MAX_DEPTH));

const sliver = (random: Random): XmlRpcValue => {
  if (random.oneIn(20)) return anything(random);
  return random.oneIn(3)
    ? random.pick(NAMES)
    : random.pick(['princeton_sirius', 'princeton_eisentest']);
};

function loan(random: Random): XmlRpcValue {
  if (random.oneIn(20)) return anything(random);
  // One loan that can never count refuses the whole list.
  const amount = random.oneIn(8) ? generateNumber(random) : random.between(0, 300);
  const resource = random.pick(random.oneIn(6) ? OTHER_RESOURCES : LOANABLE);
  const fields: XmlRpcValue[] = [sliver(random), resource, amount];
  if (random.oneIn(20)) fields.splice(random.below(3), 1);
  return fields;
}

function loans(random: Random): XmlRpcValue {
  if (random.oneIn(6)) return loan(random);
  // Just around the bound on the loans of one sliver.
  if (random.oneIn(1000))
    return Array.from({ length: random.between(999, 1001) }, () => ['a_b', 'nm_net_share', 1]);
  return random.times(random.few(5), () => loan(random));
}

function setLoans(random: Random): XmlRpcCall {
  const params = random.oneIn(3) ? [loans(random)] : [sliver(random), loans(random)];
  return { method: 'SetLoans', params };
}

function multicall(random: Random, depth: number): XmlRpcCall {
  // Just around the bound on the calls in one.
  const count = random.oneIn(100) ? random.between(99, 101) : random.few(6);
  const calls = random.times(count, (): XmlRpcValue => {
    if (random.oneIn(12)) return anything(random);
    const { method, params } = generateCall(random, depth - 1);
    return random.oneIn(20) ? { methodName: method } : { methodName: method, params };
  });
  const odd = random.oneIn(20) ? [anything(random)] : [];
  return { method: 'system.multicall', params: [calls, ...odd] };
}

function otherCall(random: Random): XmlRpcCall {
  const method = random.oneIn(20) ? generateText(random).trim() || 'x' : random.pick(OTHER_METHODS);
  const about = random.pick([...SLIVER_METHODS, ...OTHER_METHODS, 'SetLoans']);
  return { method, params: random.oneIn(3) ? [] : [about] };
}

function sliverCall(random: Random): XmlRpcCall {
  const extra = random.oneIn(20) ? [anything(random)] : [];
  return { method: random.pick(SLIVER_METHODS), params: [sliver(random), ...extra] };
}

/** generateCall returns a call; `depth` says how often a multicall may stand within another. */
export function generateCall(random: Random, depth = 2): XmlRpcCall {
  const kind = random.below(12);
  if (kind < 3) return sliverCall(random);
  if (kind < 6) return setLoans(random);
  if (kind < 7 && depth > 0) return multicall(random, depth);
  if (kind < 10) return otherCall(random);
  return { method: 'Do', params: random.times(random.few(4), () => anything(random)) };
}
