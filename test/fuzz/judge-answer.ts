/** What must hold of every answer of the API: its form, and the rights of whoever asked. Pure. */
import { decodeResponse, type XmlRpcAnswer } from '@nodemgr/xml-rpc';
import { type Caller, describeCaller } from '../../apps/api-gateway/src/caller/caller.ts';
import { EISENTEST, SIRIUS } from '../../apps/api-gateway/src/test-kit/pretended-node.ts';
import type { Change } from '../../apps/api-gateway/src/write/make-writes.ts';
import { type Answered, SECRETS } from './fuzzed-node.ts';
import type { Decoded, Verdict } from './judge-decoding.ts';
import type { Scene } from './scene.ts';

const FAULT_CODES: readonly number[] = [100, 101, 102, 108, 111, -32700];
const NOT_XML_RPC = -32700;
/** A multicall's answer holds as many values as its bytes allow. */
const ANSWER_BOUNDS = { maxDepth: 100, maxValues: 1_000_000, maxText: 1 << 24 };
/** Characters that one line of the log may have: 20 loans of 128 characters, and the rest. */
const MAX_LINE = 8000;

const METHOD_OF: Readonly<Record<Change['act'], string>> = {
  set_loans: 'SetLoans',
  start: 'Start',
  stop: 'Stop',
  create_sliver: 'CreateSliver',
  delete_sliver: 'DeleteSliver',
  recreate: 'ReCreate',
};

/** Who may do what to whom, told a second time and apart from the gateway's own rule. */
const DELEGATED: readonly string[] = [
  `del_snoop GetRSpec ${SIRIUS}`,
  `del_snoop SetLoans ${SIRIUS}`,
  `princeton_eisentest Stop ${SIRIUS}`,
];

function may(caller: Caller, method: string, sliver: string): boolean {
  if (caller.kind === 'root') return true;
  if (caller.kind === 'nobody') return false;
  if (caller.kind === 'sliver' && caller.name === sliver) return true;
  return DELEGATED.includes(`${caller.name} ${method} ${sliver}`);
}

/** What can be lent, told a second time and apart from the gateway's own rule. */
const LOANABLE = /^nm_(cpu_share|cpu_guaranteed_share|net_max_rate|net_exempt_max_rate|net_share)$/;
/** What a slice can be named, told a second time, and not as strictly. */
const NAME = /^[a-z0-9.]+_[a-zA-Z0-9_.]+$/;

/** A loan in a change that can never count, and of which the API was to refuse the whole list. */
function hopelessLoan(change: Change): string | undefined {
  if (change.act !== 'set_loans') return undefined;
  const hopeless = change.loans.find(
    ([recipient, resource, amount]) =>
      recipient === change.sliver ||
      !NAME.test(recipient) ||
      !LOANABLE.test(resource) ||
      amount <= 0,
  );
  return hopeless === undefined ? undefined : JSON.stringify(hopeless);
}

function judgeWrites({ made, changed }: Answered, scene: Scene): Verdict {
  const { caller, feed, writes } = scene;
  for (const { change, caller: named } of made) {
    const method = METHOD_OF[change.act];
    const what = `${describeCaller(caller)} made ${method} on ${change.sliver}`;
    if (!may(caller, method, change.sliver)) return `${what} without the right to`;
    if (named !== describeCaller(caller)) return `${what} in the name of ${named}`;
    const hopeless = hopelessLoan(change);
    if (hopeless !== undefined) return `${what} with ${hopeless}, which can never count`;
    if (feed === 'waiting') return `${what} although no sliver was known`;
  }
  if (writes !== 'made' && made.length > 0) return 'a write that failed was made';
  return changed && made.length === 0 ? 'the state changed without a write' : undefined;
}

/** Whether the body holds a secret itself, so that the answer may repeat it. */
const asked = (body: Uint8Array, secret: string): boolean =>
  Buffer.from(body.buffer, body.byteOffset, body.length).includes(secret);

function judgeReads(body: Uint8Array, { answer }: Answered, { caller }: Scene): Verdict {
  for (const [sliver, number] of [
    [SIRIUS, SECRETS.sirius],
    [EISENTEST, SECRETS.eisentest],
  ] as const) {
    const secret = String(number);
    const entitled = may(caller, 'GetRSpec', sliver);
    if (!entitled && answer.includes(secret) && !asked(body, secret)) {
      return `${describeCaller(caller)} was shown the state of ${sliver}`;
    }
  }
  return undefined;
}

function read(answer: string): XmlRpcAnswer | undefined {
  try {
    return decodeResponse(Buffer.from(answer), ANSWER_BOUNDS);
  } catch {
    // Whatever it was, the answer cannot be read, which is what the caller reports.
    return undefined;
  }
}

function judgeForm(decoded: Decoded, { answer, defects, longestLine }: Answered): Verdict {
  const outcome = read(answer);
  if (outcome === undefined) return 'the answer is not XML-RPC';
  if (longestLine > MAX_LINE) return `a line of the log has ${longestLine} characters`;
  const refused = outcome.kind === 'fault' && outcome.code === NOT_XML_RPC;
  if (refused !== (decoded.kind === 'refused')) return 'reader and answer disagree on the document';
  if (outcome.kind === 'fault' && !FAULT_CODES.includes(outcome.code)) {
    return `fault ${outcome.code} is not in the catalogue`;
  }
  if (defects.length === 0) return undefined;
  return `a defect of the gateway was logged: ${String(defects[0])}`;
}

/** judgeAnswer judges the answer to a body of which the reader made `decoded`. */
export function judgeAnswer(
  body: Uint8Array,
  scene: Scene,
  decoded: Decoded,
  answered: Answered,
): Verdict {
  // Writes that break off on purpose are logged as the defects that they then are.
  const form = scene.writes === 'broken' ? { ...answered, defects: [] } : answered;
  return (
    judgeForm(decoded, form) ?? judgeWrites(answered, scene) ?? judgeReads(body, answered, scene)
  );
}
