import { Buffer } from 'node:buffer';
import { epochSeconds } from '@nodemgr/records';
import { readTicket } from '@nodemgr/tickets';
import { expect, test } from 'vitest';
import { aTicket } from '../test-kit/ticket-texts.ts';
import { judgeTerms } from './judge-terms.ts';

const NOW = epochSeconds(1_800_000_000);
const GRANT = { name: 'broker', slices: ['princeton_*', 'mit_dht'], max_lifetime_seconds: 3600 };
const contentOf = (name: string, expiry = NOW + 60) =>
  readTicket(Buffer.from(aTicket({ name, expiry }))).content;

test.each(['princeton_sirius', 'princeton_a_b', 'mit_dht'])(
  '%s is one of the slices of its caller',
  (name) => {
    expect(judgeTerms(contentOf(name), GRANT, NOW)).toHaveProperty('content.name', name);
  },
);

test.each(['princetonx_sirius', 'mit_dht2', 'mit_dh', 'other_princeton_a'])(
  '%s is none of them',
  (name) => {
    expect(judgeTerms(contentOf(name), GRANT, NOW)).toEqual({
      why: `broker may not have slice ${name} signed`,
    });
  },
);

test('all slices are covered by *', () => {
  const verdict = judgeTerms(contentOf('mit_x'), { ...GRANT, slices: ['*'] }, NOW);
  expect(verdict).toHaveProperty('content');
});

test('it is issued now, and ends when the caller wants, but no later than it may', () => {
  const terms = (expiry: number) => judgeTerms(contentOf('mit_dht', expiry), GRANT, NOW);
  expect(terms(NOW + 3600)).toMatchObject({ content: { issued: NOW, expiry: NOW + 3600 } });
  expect(terms(NOW + 3601)).toMatchObject({ content: { issued: NOW, expiry: NOW + 3600 } });
});
