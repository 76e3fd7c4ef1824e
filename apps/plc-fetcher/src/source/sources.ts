/** Every way in which an authority may speak to this node: the one that its configuration names is asked. */
import type { Config } from '@nodemgr/config';
import type { NodeSettings } from '@nodemgr/getslivers';
import { type Delegation, epochSeconds, type PlcKind } from '@nodemgr/records';
import { recordsFromConfig } from '../plan-records.ts';
import type { DesiredStateSource, Now, Recall } from './desired-state-source.ts';
import { getSliversSource, recallGetSlivers } from './getslivers/getslivers-source.ts';
import {
  DocumentSignatures,
  MAX_SIGNATURE_BYTES,
  signatureFilesOf,
} from './slices-xml/document-signatures.ts';
import { fetchFile } from './slices-xml/fetch-file.ts';
import { fetchHttps } from './slices-xml/fetch-https.ts';
import { signatureUrl } from './slices-xml/signature-url.ts';
import { recallSlicesXml, slicesXmlSource } from './slices-xml/slices-xml-source.ts';
import { withDeadline } from './with-deadline.ts';

export interface Sources {
  readonly source: DesiredStateSource;
  /** What a node was told stands, in whatever way it was told. */
  readonly recall: Readonly<Record<PlcKind, Recall>>;
}

function settingsOf(config: Config, delegations: readonly Delegation[]): NodeSettings {
  const { node, plc, bandwidth } = config;
  const { records } = recordsFromConfig(config, epochSeconds(0));
  return {
    nodeId: node.id,
    delegations,
    ownKeys: new Set(records.map(({ record_key }) => record_key)),
    slicePrefix: plc.slice_prefix,
    images: plc.images,
    exemptIps: bandwidth.exempt_ips,
    linkRate: bandwidth.link_rate,
  };
}

/** sourcesOf returns the configured source, and what reads the documents of each. */
export function sourcesOf(config: Config, delegations: readonly Delegation[], now: Now): Sources {
  const { url, kind, ca_file, node_key_file: keyFile = '', max_bytes } = config.plc;
  const place = { url, caFile: ca_file, maxBytes: max_bytes };
  const settings = settingsOf(config, delegations);
  const files = signatureFilesOf(config.plc);
  const signatures = files && new DocumentSignatures(files);
  const recall = {
    'slices-xml': recallSlicesXml(config.node.id, delegations, signatures),
    getslivers: recallGetSlivers(settings),
  };
  const isFile = url.startsWith('file:');
  const make: Readonly<Record<PlcKind, () => DesiredStateSource>> = {
    'slices-xml': () => {
      const fetchFrom = isFile ? fetchFile : fetchHttps;
      const beside = { ...place, url: signatureUrl(url), maxBytes: MAX_SIGNATURE_BYTES };
      const signed = signatures && { signatures, fetch: fetchFrom(beside) };
      return slicesXmlSource(fetchFrom(place), recall['slices-xml'], { isFile, now, signed });
    },
    getslivers: () => getSliversSource({ place, keyFile, settings, now }),
  };
  const source = make[kind]();
  const ask = withDeadline(source.ask, config.plc.timeout_seconds);
  return { source: { ...source, ask }, recall };
}
