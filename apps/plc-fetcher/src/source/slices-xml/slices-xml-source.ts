/** An authority that offers slices.xml, over HTTPS or as a file of this machine's. */
import { createHash } from 'node:crypto';
import { type Delegation, epochSeconds, recordKeyOf } from '@nodemgr/records';
import { type AcceptedDocument, parseSlicesXml, recordsFromSlices } from '@nodemgr/slices-xml';
import { digestOf } from '../../plan-records.ts';
import type {
  DesiredState,
  DesiredStateSource,
  Known,
  Now,
  Recall,
  SourceAnswer,
} from '../desired-state-source.ts';
import type { Fetch } from '../fetch-answer.ts';

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

/**
 * recallSlicesXml returns the reader of a document for the node with that id. `delegations` are what the node's
 * own configuration grants on every sliver.
 */
export function recallSlicesXml(nodeId: number, delegations: readonly Delegation[]): Recall {
  return (bytes, asOf) => {
    const document = parseSlicesXml(bytes, nodeId, asOf);
    if (!document.ok) return document;
    const state = stateOf(document, delegations);
    return { ok: true, state, identity: sha256Of(bytes), digest: digestOf(state) };
  };
}

/** slicesXmlSource returns the source behind `fetch`. The same bytes again are not parsed. */
export function slicesXmlSource(
  fetch: Fetch,
  recall: Recall,
  { isFile, now }: { readonly isFile: boolean; readonly now: Now },
): DesiredStateSource {
  const ask = async (known: Known | undefined, signal: AbortSignal): Promise<SourceAnswer> => {
    const answer = await fetch(known?.validators ?? {}, signal);
    if (answer.kind !== 'document') return answer;
    const { bytes, validators } = answer;
    if (known?.identity === sha256Of(bytes)) return { kind: 'unchanged', validators };
    const read = recall(bytes, now());
    return read.ok
      ? { kind: 'state', read, validators, bytes: bytes.length, kept: bytes }
      : { kind: 'malformed', cause: isFile ? 'file-unfit' : 'plc-refuses', reason: read.reason };
  };
  return { kind: 'slices-xml', ask };
}
