/** Builders of documents and what belongs to them, for tests. */
import { type Delegation, epochSeconds } from '@nodemgr/records';
import type { GoodDocument } from './judge-answer.ts';
import { recallSlicesXml } from './source/slices-xml/slices-xml-source.ts';

/** slicesXml returns a document in which node 17 has these slices. */
export function slicesXml(...names: string[]): Buffer {
  const slices = names.map(
    (name, id) => `<slice name="${name}" id="${id}"><nodes><node id="17"/></nodes></slice>`,
  );
  return Buffer.from(`<planetlab_slices>${slices.join('')}</planetlab_slices>`);
}

/** aGoodDocument returns a document as it is once it counts. */
export function aGoodDocument(
  changes: Partial<GoodDocument> = {},
  bytes = slicesXml('princeton_sirius'),
  delegations: readonly Delegation[] = [],
): GoodDocument {
  const read = recallSlicesXml(17, delegations)(bytes, epochSeconds(0));
  if (!read.ok) throw new Error(read.reason);
  return {
    read,
    validators: { etag: '"1"' },
    bytes: bytes.length,
    fetchedAt: 1_700_000_000_000,
    vouchedAt: epochSeconds(1_700_000_000),
    fresh: true,
    ...changes,
  };
}
