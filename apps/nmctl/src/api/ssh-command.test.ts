import { describe, expect, test } from 'vitest';
import { faultOfEnd, sshCommand } from './ssh-command.ts';

const TARGET = { user: 'del_snoop', host: 'node', port: undefined };

test('no shell is left to guess: the account comes after --, the port before it', () => {
  expect(sshCommand({ ...TARGET, port: 2222 })).toEqual([
    'ssh',
    ...['-T', '-a', '-x', '-o', 'ClearAllForwardings=yes', '-o', 'RemoteCommand=none'],
    ...['-p', '2222', '--', 'del_snoop@node', 'forward_api_calls'],
  ]);
});

describe('how ssh ended', () => {
  const said = (status: number | undefined, complaint = '') =>
    faultOfEnd(TARGET, { status, complaint });

  test('well is no fault, whatever it remarked', () => {
    expect(said(0, 'welcome')).toBeUndefined();
  });

  test.each([
    [255, 'Permission denied (publickey).\r\n', 'del_snoop@node: Permission denied (publickey).'],
    [255, '', 'del_snoop@node: ssh could not get there'],
    [1, 'forward_api_calls: cannot connect\n', 'del_snoop@node: forward_api_calls: cannot connect'],
    [2, '', 'del_snoop@node: ssh ended with status 2'],
    [
      127,
      'sh: not found',
      "that account is no delegate's: its login shell takes commands (sh: not",
    ],
    [undefined, '', 'del_snoop@node: ssh was killed'],
  ])('with %s and %j is told in its words', (status, complaint, text) => {
    expect(said(status, complaint)).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(text),
    });
  });
});
