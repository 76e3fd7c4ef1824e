/** Builders of answers to GetSlivers for tests: each an ordinary one unless told otherwise. */
import type { XmlRpcStruct, XmlRpcValue } from '@nodemgr/xml-rpc';
import type { NodeSettings } from './map-answer.ts';

/** Node 17, whose configuration says nothing besides. */
export const SETTINGS: NodeSettings = {
  nodeId: 17,
  delegations: [],
  ownKeys: new Set(),
  slicePrefix: 'pl',
  images: {},
  exemptIps: [],
  linkRate: 1e9,
};

export function aSliver(changes: Readonly<Record<string, XmlRpcValue>> = {}): XmlRpcStruct {
  return {
    name: 'princeton_sirius',
    slice_id: 12,
    instantiation: 'plc-instantiated',
    expires: 1_900_000_000,
    keys: [],
    attributes: [],
    GetSliceFamily: null,
    ...changes,
  };
}

export function anAnswer(changes: Readonly<Record<string, XmlRpcValue>> = {}): XmlRpcStruct {
  return {
    timestamp: 1_700_000_000,
    node_id: 17,
    interfaces: [{ is_primary: true, bwlimit: null }],
    initscripts: [],
    slivers: [aSliver()],
    reservation_policy: 'none',
    ...changes,
  };
}
