import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { skipUnless } from '@nodemgr/testkit';
import { readTicket, type TicketContent } from '@nodemgr/tickets';
import { expect, test } from 'vitest';
import { aTicket, EXPIRY } from '../test-kit/ticket-texts.ts';
import { describeSignature } from './describe-signature.ts';

const TYPE = 'ssh-ed25519';

function aKey(comment = ''): string {
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const blob = Buffer.concat([field(Buffer.from(TYPE)), field(randomBytes(32))]);
  return `${TYPE} ${blob.toString('base64')}${comment}`;
}

const aContent = (special: Partial<TicketContent> = {}): TicketContent => ({
  ...readTicket(Buffer.from(aTicket())).content,
  ...special,
});

test('a line names the slice, its nodes, who else may do what with it, and the keys', () => {
  const keys = [aKey(' someone@example'), aKey()];
  const content = aContent({ ssh_keys: keys.join('\n'), delegations: [['del_a', 'Stop']] });
  expect(describeSignature(content, '<ticket/>')).toEqual({
    slice: 'princeton_sirius',
    id: 12,
    expiry: EXPIRY,
    nodes: 2,
    node_ids: [17, 18],
    delegations: 1,
    delegated: ['del_a Stop'],
    keys: 2,
    key_fingerprints: [expect.stringMatching(/^SHA256:/), expect.stringMatching(/^SHA256:/)],
    sha256: createHash('sha256').update('<ticket/>').digest('hex'),
  });
});

test('a key is named as ssh-keygen names it', (context) => {
  skipUnless(context, 'openssh-client');
  const key = aKey(' someone@example');
  const { stdout } = spawnSync('ssh-keygen', ['-l', '-f', '-'], {
    input: `${key}\n`,
    encoding: 'utf8',
  });
  const { key_fingerprints } = describeSignature(aContent({ ssh_keys: key }), '');
  expect(key_fingerprints).toEqual([stdout.split(' ')[1]]);
});

test('a line is bounded, and says how much there is', () => {
  const many = Array.from({ length: 1000 }, (_, at) => at);
  const content = aContent({
    nodes: many.map((at) => ({ id: 2_000_000_000 + at })),
    delegations: many.map((at) => [`d_${'x'.repeat(25)}${at}`, 'GetEffectiveRSpec']),
    ssh_keys: many.map(() => aKey()).join('\n'),
  });
  const line = describeSignature(content, '');
  expect(line).toMatchObject({ nodes: 1000, delegations: 1000, keys: 1000 });
  expect(line.node_ids.slice(0, 2)).toEqual([2_000_000_000, 2_000_000_001]);
  expect(JSON.stringify(line).length).toBeLessThan(16 << 10);
});
