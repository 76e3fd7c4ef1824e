/** Decides how a call of demo-plc's API is answered, and which calls are answered wrongly on purpose. Pure. */
import { timingSafeEqual } from 'node:crypto';
import { CALL, signNodeCall } from '@nodemgr/getslivers';
import { isStruct, type XmlRpcCall, type XmlRpcValue } from '@nodemgr/xml-rpc';

/** Wrong answers in words; a number is the code of a fault, but for 500. */
const WRONG_ANSWERS = ['html', 'cut', 'slow', 'nothing', 'other-node'] as const;
const FAULT_CODE = /^[0-9]{1,6}$/;
const CRASH = 500;

/** How a call is answered: as it should be, or in one of the ways in which real ones go wrong. */
export type Manner =
  | 'rightly'
  | (typeof WRONG_ANSWERS)[number]
  /** PLC crashed: HTTP 500, and HTML. */
  | 'crash'
  | { readonly fault: number };

function mannerOf(word: string): Manner {
  if (FAULT_CODE.test(word)) return Number(word) === CRASH ? 'crash' : { fault: Number(word) };
  const known = WRONG_ANSWERS.find((answer) => answer === word);
  if (known !== undefined) return known;
  const wants = ['a code', ...WRONG_ANSWERS].join(', ');
  throw new Error(`--faults ${word}: wants some of ${wants}, with commas between`);
}

/** readManners reads `--faults`: every call in turn is answered rightly, then wrongly in each of these ways, and so on. */
export function readManners(list: string | undefined): readonly Manner[] {
  const words = (list ?? '').split(',').map((word) => word.trim());
  return ['rightly', ...words.filter((word) => word !== '').map(mannerOf)];
}

/** A fault as PLC numbers and words them, or the node that asks for its slivers. */
export type CallPlan =
  | { readonly fault: number; readonly text: string }
  | { readonly nodeId: number };

const NOT_AUTHENTICATED = 103;
const NO_SUCH_METHOD = 100;

const isSame = (a: XmlRpcValue | undefined, b: XmlRpcValue | undefined): boolean =>
  typeof a === 'string' &&
  typeof b === 'string' &&
  a.length === b.length &&
  timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** planCall decides who calls, by the key that all nodes of this PLC share. */
export function planCall({ method, params }: XmlRpcCall, key: string): CallPlan {
  if (method !== CALL) {
    return {
      fault: NO_SUCH_METHOD,
      text: `${method.slice(0, 80)}: the demo's PLC has ${CALL} only`,
    };
  }
  const [auth = null, ...more] = params;
  const given = isStruct(auth) ? auth : {};
  const nodeId = given['node_id'];
  const fault = { fault: NOT_AUTHENTICATED, text: 'Failed to authenticate call' };
  if (typeof nodeId !== 'number' || more.length > 0) return fault;
  const wanted = signNodeCall(nodeId, key);
  const isNode =
    isSame(given['AuthMethod'], wanted['AuthMethod']) && isSame(given['value'], wanted['value']);
  return isNode ? { nodeId } : fault;
}
