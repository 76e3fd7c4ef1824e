import { expect, test } from 'vitest';
import { aDelegate, aFailure, aPage, aSliver, linesOf } from '../test-support/builders.ts';
import { grantsTo, renderDelegate } from './render-delegate.ts';

const sliver = aSliver({
  record: {
    delegations: [
      ['del_snoop', 'GetRSpec'],
      ['mit_chord', 'Stop'],
      ['del_snoop', 'GetLoans'],
    ],
  },
});

test('what is granted to a delegate is in the records of slivers', () => {
  expect(grantsTo('del_snoop', [aDelegate(), sliver, aSliver({ name: 'a_b' })])).toEqual([
    { sliver: 'princeton_sirius', methods: ['GetRSpec', 'GetLoans'] },
  ]);
});

test('everything that is known of a delegate', () => {
  const plain = aDelegate();
  const item = { ...plain, record: { ...plain.record, ssh_keys: 'ssh-ed25519 AAAA op@host\n' } };
  const page = {
    name: 'del_snoop',
    item,
    grants: grantsTo('del_snoop', [sliver]),
    observed: { name: 'del_snoop', state: 'delegate', detail: { uid: 30_000 } },
    failures: [{ daemon: 'account-supervisor', ...aFailure({ subject: 'del_snoop' }) }],
    troubles: ['ssh_keys.1 is broken'],
  } as const;
  expect(linesOf(renderDelegate(page, aPage())).join('\n')).toMatchInlineSnapshot(`
    "del_snoop, a delegate

    record        delegate_del_snoop from config, vouched for 2023-11-14 22:13:20Z (just now)
    expires       never
    observed      delegate, uid 30000

    ssh keys
      ssh-ed25519 AAAA op@host

    granted by
      SLIVER            MAY CALL
      princeton_sirius  GetRSpec, GetLoans

    failing
      SUBJECT    ACTION  TRIED  SINCE      NEXT TRY  REASON
      del_snoop  start      3×  2 min ago  in 30 s   no image

    left out, ignored or cut
      ssh_keys.1 is broken"
  `);
});
