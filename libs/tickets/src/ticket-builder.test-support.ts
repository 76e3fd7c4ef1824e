/** Builders for tests: contents of tickets, keys made on the spot, and ways to sign what signTicket would not. */
import { Buffer } from 'node:buffer';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Fault } from '@nodemgr/faults';
import { accountName, DEFAULT_IMAGE, epochSeconds } from '@nodemgr/records';
import type { TicketContent, VerifyOptions } from './index.ts';
import { readTrustedKeys, verifyTicket } from './index.ts';

export const NODE_ID = 17;
export const ISSUED = epochSeconds(1_800_000_000);
export const NOW = epochSeconds(ISSUED + 60);
export const EXPIRY = epochSeconds(ISSUED + 86_400);

export interface TestKeys {
  readonly privatePem: string;
  readonly publicPem: string;
  readonly publicKey: KeyObject;
}

export function rsaKeys(modulusLength = 2048): TestKeys {
  return pemOf(generateKeyPairSync('rsa', { modulusLength }));
}

export function p256Keys(): TestKeys {
  return pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
}

export function pemOf(pair: { publicKey: KeyObject; privateKey: KeyObject }): TestKeys {
  return {
    privatePem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    publicKey: pair.publicKey,
  };
}

/** anSshKey returns a valid public key; the same one for the same `seed`. */
export function anSshKey(seed = 1, comment = 'u@host'): string {
  const type = 'ssh-ed25519';
  const [typeLength, keyLength] = [Buffer.from([0, 0, 0, type.length]), Buffer.from([0, 0, 0, 32])];
  const blob = Buffer.concat([typeLength, Buffer.from(type), keyLength, Buffer.alloc(32, seed)]);
  return `${type} ${blob.toString('base64')} ${comment}`;
}

export function aTicket(special: Partial<TicketContent> = {}): TicketContent {
  return {
    name: accountName('princeton_sirius'),
    id: 12,
    expiry: EXPIRY,
    issued: ISSUED,
    nodes: [{ id: NODE_ID, hostname: 'planetlab1.cs.princeton.edu' }, { id: 18 }],
    ssh_keys: [anSshKey(1), anSshKey(2)].sort().join('\n'),
    rspec: { nm_cpu_share: 64, nm_disk_quota: 1_000_000 },
    initscript: '#!/bin/sh\necho "größer & <größer>" \u2028 🙂\r\n\ttrue\n',
    image: DEFAULT_IMAGE,
    delegations: [['del_snoop', 'CreateSliver']],
    ...special,
  };
}

/** verifyWith returns verify options that trust `keys`. */
export function trusting(
  keys: readonly TestKeys[],
  special: Partial<VerifyOptions> = {},
): VerifyOptions {
  const trusted = readTrustedKeys(keys.map(({ publicPem }) => publicPem).join(''));
  return { trusted, nodeId: NODE_ID, now: NOW, ...special };
}

/** outcomeOf returns the record of a ticket, or why it is refused; anything but a Fault fails the test. */
export function outcomeOf(ticket: string | Uint8Array, options: VerifyOptions) {
  try {
    return verifyTicket(Buffer.from(ticket), options).record;
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === 'internal') throw error;
    return error.message;
  }
}
