/** The nodemgr.toml of the machine, as a tree and as text. Pure. */
import { stringify } from 'smol-toml';
import { NODE_ID } from '../../support/slices-document.ts';

export const CONFIG_FILE = '/etc/nodemgr/nodemgr.toml';
/** The delegate of the machine's own configuration, and what it may call. */
export const DELEGATE = 'del_snoop';
export const DELEGATED = ['GetRSpec', 'GetEffectiveRSpec', 'GetLoans'];

/** Where demo-plc.service serves, what, and with which authority. */
export const PLC = {
  url: 'https://127.0.0.1:8443/slices.xml',
  document: '/srv/plc/slices.xml',
  madeCaFile: '/var/lib/demo-plc/ca.pem',
  /** Beside the configuration: the folder of the first belongs to demo-plc alone. */
  caFile: '/etc/nodemgr/plc-ca.pem',
} as const;

export interface NodeSettings {
  /** One a line, as in authorized_keys. */
  readonly delegateKeys: readonly string[];
  readonly pollSeconds: number;
  /** How long the files of a removed sliver are kept. */
  readonly keepFilesSeconds: number;
}

/** renderConfig returns the text for a node with the demo's PLC. */
export function renderConfig({
  delegateKeys,
  pollSeconds,
  keepFilesSeconds,
}: NodeSettings): string {
  return stringify({
    node: { id: NODE_ID, driver: 'linux' },
    plc: {
      url: PLC.url,
      ca_file: PLC.caFile,
      poll_seconds: pollSeconds,
      spread: 0,
      max_backoff_seconds: 5,
    },
    // Nobody tells this machine the time.
    clock: { require_sync: false },
    // Twenty default quotas are many times its disk.
    accounts: { keep_files_seconds: keepFilesSeconds, disk_overcommit: 1000 },
    delegates: [{ name: DELEGATE, methods: DELEGATED, ssh_keys: delegateKeys }],
  });
}
