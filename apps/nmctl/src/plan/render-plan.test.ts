import { expect, test } from 'vitest';
import { aPage, linesOf } from '../test-support/builders.ts';
import { renderPlan } from './render-plan.ts';

test('a plan is shown as commands, account by account', () => {
  const plan = {
    driver: 'dry-run',
    steps: [
      { subject: 'a_b', step: 'create the user', commands: ['useradd -u 30000 a_b'] },
      { subject: 'c_d', step: 'create the user', commands: ['useradd -u 30001 c_d'] },
      { subject: 'a_b', step: 'start', commands: ['nft -f -\nadd table', 'systemctl start x'] },
    ],
    unmet: [
      {
        subject: 'e_f',
        outcome: 'withheld' as const,
        action: 'remove',
        reason: 'no document accepted since boot',
      },
    ],
  };
  expect(
    linesOf(renderPlan('account-supervisor', plan, aPage())).join('\n'),
  ).toMatchInlineSnapshot(`
    "account-supervisor (dry-run): 3 steps
      a_b
        create the user
          useradd -u 30000 a_b
        start
          nft -f -
          add table
          systemctl start x
      c_d
        create the user
          useradd -u 30001 c_d
      wanted, and in no step
        e_f  withheld  remove  no document accepted since boot"
  `);
});

test('an agent that has nothing to do says so', () => {
  const plan = { driver: 'dry-run', steps: [], unmet: [] };
  expect(linesOf(renderPlan('bwcap-agent', plan, aPage()))).toEqual([
    'bwcap-agent (dry-run): nothing to do',
  ]);
});
