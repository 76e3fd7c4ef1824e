/** Keeps the key that demo-plc signs tickets with, and its public half for nodes to trust, in a folder. */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { replaceFile } from './replace-file.ts';

const makePair = promisify(generateKeyPair);
const PRIVATE_NAME = 'ticket.key';
const PUBLIC_NAME = 'ticket-keys.pem';

export interface TicketKeyFiles {
  /** PEM. For signTicket and for nobody else. */
  readonly privateKey: string;
  /** What a node's list of trusted keys may be. */
  readonly publicKeysFile: string;
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicPemOf = (key: KeyObject): string =>
  createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function readKept(path: string): Promise<KeyObject | undefined> {
  const pem = await readText(path);
  if (pem === undefined) return undefined;
  try {
    return createPrivateKey(pem);
  } catch {
    // Not a key at all: it is replaced, as a damaged certificate is.
    return undefined;
  }
}

async function makeKept(path: string): Promise<KeyObject> {
  const { privateKey } = await makePair('ec', { namedCurve: 'P-256' });
  await replaceFile(path, pemOf(privateKey), 0o600);
  return privateKey;
}

/**
 * ticketKeyFiles returns the key kept in `folder`, which has to be there; made now (EC on P-256) if need be.
 * The public half is looked at in each call: a crash may have come between the two.
 */
export async function ticketKeyFiles(folder: string): Promise<TicketKeyFiles> {
  const path = join(folder, PRIVATE_NAME);
  const key = (await readKept(path)) ?? (await makeKept(path));
  const publicKeysFile = join(folder, PUBLIC_NAME);
  const publicPem = publicPemOf(key);
  if ((await readText(publicKeysFile)) !== publicPem) await replaceFile(publicKeysFile, publicPem);
  return { privateKey: pemOf(key), publicKeysFile };
}
