/** Builders of documents and what belongs to them, for tests. */
import { epochSeconds } from '@nodemgr/records';
import { parseSlicesXml } from '@nodemgr/slices-xml';
import { type GoodDocument, sha256Of } from './judge-answer.ts';

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
): GoodDocument {
  const document = parseSlicesXml(bytes, 17);
  if (!document.ok) throw new Error(document.reason);
  return {
    document,
    validators: { etag: '"1"' },
    sha256: sha256Of(bytes),
    bytes: bytes.length,
    fetchedAt: 1_700_000_000_000,
    vouchedAt: epochSeconds(1_700_000_000),
    fresh: true,
    ...changes,
  };
}
