/**
 * The causes for which plc-fetcher may have to wait, and the signs that end the wait: the one list. Each sign is looked at only
 * while something waits for it (libs/daemon, waits.ts).
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '@nodemgr/config';
import { fileSign, roomSign, routesSign, type Sign, writableSign } from '@nodemgr/daemon';
import { signatureUrl } from './source/slices-xml/signature-url.ts';

export const CAUSES = {
  /**
   * Nothing was heard from PLC over HTTPS: the way there, the names on it, or the file of authorities may
   * be mended. A PLC that is started again shows nothing here: the first attempts follow each other soon,
   * the later ones with back-off.
   */
  'plc-unreachable': ['routes', 'names', 'authorities'],
  /** The document's own file is missing or unfit: it comes, is replaced, or its disk is mounted. */
  'file-unfit': ['document'],
  /** The document is not signed as this node wants: the lists change, or the file and its signature. */
  'not-signed': ['signers', 'document'],
  /** PLC answered, and with no document: it alone knows when it will (Retry-After). */
  'plc-refuses': [],
  /** PLC does not accept this node's key, or its file cannot be used: another file may come. */
  'key-refused': ['node-key'],
  'key-unfit': ['node-key'],
  /** The last good document could not be kept: the disk is full, or cannot be written. */
  'not-kept': ['room', 'writable'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type Cause = keyof typeof CAUSES;
export type SignName = (typeof CAUSES)[Cause][number];

/** The files that decide how names become addresses (resolver(5), nsswitch.conf(5)). */
const NAMES = ['/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf'] as const;

/** signsOf returns where a node of this configuration shows that something has been mended. */
export function signsOf({ plc, node }: Config): Readonly<Record<SignName, Sign>> {
  const isFile = plc.url.startsWith('file:');
  const { allowed_signers_file, revocation_file } = plc;
  const lists = [allowed_signers_file, revocation_file].filter((file) => file !== undefined);
  const urls = lists.length === 0 ? [plc.url] : [plc.url, signatureUrl(plc.url)];
  return {
    routes: routesSign,
    names: fileSign(...NAMES),
    authorities: fileSign(...(plc.ca_file === undefined ? [] : [plc.ca_file])),
    'node-key': fileSign(...(plc.node_key_file === undefined ? [] : [plc.node_key_file])),
    document: fileSign(...(isFile ? urls.map((url) => fileURLToPath(url)) : [])),
    signers: fileSign(...lists),
    room: roomSign(node.state_dir, join(node.state_dir, 'plc')),
    writable: writableSign(join(node.state_dir, 'plc')),
  };
}
