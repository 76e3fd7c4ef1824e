import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sshCommand } from './ssh-command.ts';
import { describeTarget, parseSshTarget } from './ssh-target.ts';

describe('the URL of --via', () => {
  test.each([
    ['ssh://del_snoop@node', 'del_snoop', 'node', undefined],
    [
      'ssh://del_snoop@planetlab1.cs.princeton.edu/',
      'del_snoop',
      'planetlab1.cs.princeton.edu',
      undefined,
    ],
    ['SSH://del_snoop@192.0.2.7:2222', 'del_snoop', '192.0.2.7', 2222],
    ['ssh://del_snoop@[2001:db8::7]', 'del_snoop', '2001:db8::7', undefined],
    ['ssh://del_snoop@[fe80::1%25eth0]:22', 'del_snoop', 'fe80::1%eth0', 22],
    ['ssh://del_snoop@[fe80::1%eth0]', 'del_snoop', 'fe80::1%eth0', undefined],
    ['ssh://d@an_alias', 'd', 'an_alias', undefined],
    ['ssh://a.b_C@host', 'a.b_C', 'host', undefined],
    ['ssh://upmc.lip6_x.Nightly@host:22', 'upmc.lip6_x.Nightly', 'host', 22],
  ])('%s is understood', (url, user, host, port) => {
    expect(parseSshTarget(url)).toEqual({ user, host, port });
  });

  test.each([
    ['del_snoop@node', 'that is another URL'],
    ['https://del_snoop@node', 'that is another URL'],
    ['ssh://del_snoop@node/path', 'has more than a host in it'],
    ['ssh://del_snoop@node?x', 'has more than a host in it'],
    ['ssh://node', 'the user is missing'],
    ['ssh://@node', "'' is no user name"],
    ['ssh://-oProxyCommand=x@node', "'-oProxyCommand=x' is no user name"],
    ['ssh://del_snoop:secret@node', 'a password has no place in it'],
    ['ssh://del_snoop@', "'' is no host"],
    ['ssh://del_snoop@-oProxyCommand=x', "'-oProxyCommand=x' is no host"],
    ['ssh://del_snoop@-node', "'-node' is no host"],
    ['ssh://del_snoop@a b', "'a b' is no host"],
    ['ssh://del_snoop@$(id)', "'$(id)' is no host"],
    ['ssh://del_snoop@::1', 'an IPv6 address stands in brackets'],
    ['ssh://del_snoop@[::1', "'[' is no host"],
    ['ssh://del_snoop@[node]', "'node' is no IPv6 address"],
    ['ssh://del_snoop@[::1%-o]x', 'is no host'],
    ['ssh://del_snoop@[::1%a%b]', "'::1%a%b' is no IPv6 address"],
    ['ssh://del_snoop@node:', "'' is no port"],
    ['ssh://del_snoop@node:0', "'0' is no port"],
    ['ssh://del_snoop@node:65536', "'65536' is no port"],
    ['ssh://del_snoop@node:-1', "'-1' is no port"],
  ])('%s is refused, and what is wrong is said', (url, why) => {
    expect(() => parseSshTarget(url)).toThrow(SyntaxError);
    expect(() => parseSshTarget(url)).toThrow(why);
  });

  test('whatever it is, nothing of it becomes an option of ssh or a word of a shell', () => {
    const piece = fc.string({ unit: fc.constantFrom(...'-o@:[]%.a1 $;\n'), maxLength: 8 });
    fc.assert(
      fc.property(piece, piece, (user, rest) => {
        let argv: readonly string[];
        try {
          argv = sshCommand(parseSshTarget(`ssh://${user}@${rest}`));
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
          return;
        }
        expect(argv.slice(argv.indexOf('--'))).toEqual([
          '--',
          expect.stringMatching(/^[\w.][\w.-]*@[\w:][\w.:%-]*$/),
          'forward_api_calls',
        ]);
      }),
    );
  });

  test('is named in messages as ssh is told', () => {
    expect(describeTarget(parseSshTarget('ssh://a@b'))).toBe('a@b');
    expect(describeTarget(parseSshTarget('ssh://a@[::1]:22'))).toBe('a@::1, port 22');
  });
});
