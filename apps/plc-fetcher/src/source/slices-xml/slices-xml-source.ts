/** An authority that offers slices.xml, over HTTPS or as a file of this machine's. */
import { createHash } from 'node:crypto';
import { remarkText } from '@nodemgr/contracts';
import { type Delegation, epochSeconds, recordKeyOf } from '@nodemgr/records';
import { type AcceptedDocument, parseSlicesXml, recordsFromSlices } from '@nodemgr/slices-xml';
import { digestOf } from '../../plan-records.ts';
import type {
  DesiredState,
  DesiredStateSource,
  Known,
  Now,
  Reading,
  ReadState,
  Recall,
  SignedDocument,
  SourceAnswer,
} from '../desired-state-source.ts';
import type { FailedFetch, Fetch } from '../fetch-answer.ts';
import { type DocumentSignatures, proofOf, signedIdentity } from './document-signatures.ts';

function stateOf(document: AcceptedDocument, delegations: readonly Delegation[]): DesiredState {
  const { slices, leases } = document;
  const fieldsOf = [
    ...slices.map(({ name, unreadable }) => [recordKeyOf('sliver', name), unreadable] as const),
    ...(leases === undefined ? [] : [[leases.record.record_key, leases.unreadable] as const]),
  ];
  return {
    records: [
      ...recordsFromSlices(document, epochSeconds(0), delegations),
      ...(leases === undefined ? [] : [leases.record]),
    ],
    unreadable: fieldsOf.flatMap(([record_key, fields]) =>
      fields.length === 0 ? [] : [{ record_key, fields }],
    ),
    remarks: document.remarks.map(({ slice, ...remark }) =>
      slice === undefined ? remark : { ...remark, record_key: recordKeyOf('sliver', slice) },
    ),
    totals: document.totals,
  };
}

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Returns what a signed document says of itself, or why this node cannot put it in order. */
function selfOf({
  serial,
  issued,
}: AcceptedDocument): Pick<SignedDocument, 'serial' | 'issued'> | string {
  if (serial === undefined)
    return 'its root has no `serial` that is a whole number, as a signed document must';
  if (issued === undefined)
    return 'its root has no `issued` (seconds since 1970), as a signed document must';
  return { serial, issued };
}

type Signing = Pick<DocumentSignatures, 'judge'>;

/** The signature is judged before anything is parsed. */
function recallSigned(
  signatures: Signing,
  [bytes, asOf, signature]: Parameters<Recall>,
  read: () => ReturnType<typeof parseSlicesXml>,
  readStateOf: (document: AcceptedDocument) => ReadState,
): Reading {
  if (signature === undefined) return { ok: false, unsigned: true, reason: 'it has no signature' };
  const proof = proofOf(bytes, signature);
  const verdict = signatures.judge(proof, asOf);
  if (!verdict.ok) return { ok: false, unsigned: true, reason: `its signature: ${verdict.reason}` };
  const document = read();
  if (!document.ok) return document;
  const self = selfOf(document);
  if (typeof self === 'string') return { ok: false, reason: self };
  const { signers, passedOver } = verdict;
  const remarks = passedOver.map((text) => ({
    severity: 'trouble' as const,
    text: remarkText(text),
  }));
  const { state } = readStateOf(document);
  const all = { ...state, remarks: [...remarks, ...state.remarks] };
  const signed = { document: proof.digests.sha256.toString('hex'), ...self, signers, proof };
  return { ok: true, state: all, identity: signedIdentity(proof), digest: digestOf(all), signed };
}

/**
 * recallSlicesXml returns the reader of a document for the node with that id. `delegations` are what the node's
 * own configuration grants on every sliver. With `signatures`, one that is not signed counts for nothing.
 */
export function recallSlicesXml(
  nodeId: number,
  delegations: readonly Delegation[],
  signatures?: Signing,
): Recall {
  return (bytes, asOf, signature) => {
    const readStateOf = (document: AcceptedDocument): ReadState => {
      const state = stateOf(document, delegations);
      return { ok: true, state, identity: sha256Of(bytes), digest: digestOf(state) };
    };
    const read = () => parseSlicesXml(bytes, nodeId, asOf);
    if (signatures !== undefined) {
      return recallSigned(signatures, [bytes, asOf, signature], read, readStateOf);
    }
    const document = read();
    return document.ok ? readStateOf(document) : document;
  };
}

/** How a node that wants signatures has them. */
export interface SignedSource {
  readonly signatures: Signing;
  /** Fetches the signature, as a document of its own. */
  readonly fetch: Fetch;
}

export interface SlicesXmlOptions {
  readonly isFile: boolean;
  readonly now: Now;
  readonly signed?: SignedSource | undefined;
}

/** Returns the text of the signature, undefined where none is wanted, or that it could not be had. */
async function fetchSignature(
  signed: SignedSource | undefined,
  signal: AbortSignal,
): Promise<string | undefined | FailedFetch> {
  if (signed === undefined) return undefined;
  const answer = await signed.fetch({}, signal);
  if (answer.kind === 'document') return answer.bytes.toString('latin1');
  if (answer.kind === 'failed') return { ...answer, reason: `its signature: ${answer.reason}` };
  return { kind: 'failed', cause: 'plc-refuses', reason: 'its signature: it did not come' };
}

/**
 * slicesXmlSource returns the source behind `fetch`. The same bytes again are not parsed. What has come earlier is
 * confirmed only if it is still signed as this node wants: else it is fetched anew, for it may have been signed anew.
 */
export function slicesXmlSource(
  fetch: Fetch,
  recall: Recall,
  { isFile, now, signed }: SlicesXmlOptions,
): DesiredStateSource {
  const stillCounts = (known: Known): boolean =>
    signed === undefined ||
    (known.signed !== undefined && signed.signatures.judge(known.signed.proof, now()).ok);
  const ask = async (given: Known | undefined, signal: AbortSignal): Promise<SourceAnswer> => {
    const known = given !== undefined && stillCounts(given) ? given : undefined;
    const answer = await fetch(known?.validators ?? {}, signal);
    if (answer.kind !== 'document') return answer;
    const signature = await fetchSignature(signed, signal);
    if (typeof signature === 'object') return signature;
    const { bytes, validators } = answer;
    const identity =
      signature === undefined ? sha256Of(bytes) : signedIdentity(proofOf(bytes, signature));
    if (known?.identity === identity) return { kind: 'unchanged', validators };
    const read = recall(bytes, now(), signature);
    if (read.ok) return { kind: 'state', read, validators, bytes: bytes.length, kept: bytes };
    const { reason, unsigned } = read;
    if (unsigned) return { kind: 'refused', cause: 'not-signed', reason };
    return { kind: 'malformed', cause: isFile ? 'file-unfit' : 'plc-refuses', reason };
  };
  return { kind: 'slices-xml', ask };
}
