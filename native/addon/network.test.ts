import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadAddon, thrownBy } from './addon-under-test.ts';

const addon = loadAddon();
const call = (name: string, ...values: unknown[]) => addon[name]?.(...values);

/** Every namespace's loopback interface has this one. */
const LOOPBACK = 1;

describe.each(['rootQdisc', 'htbClassNumbers'])('%s', (name) => {
  it.each([
    ['an interface that there is not', 2 ** 31 - 1, 'ENODEV'],
    ['the index 0, which is no interface’s', 0, 'ENODEV'],
    ['a negative number', -1, 'ERR_OUT_OF_RANGE'],
    ['a fraction', 1.5, 'ERR_OUT_OF_RANGE'],
    ['a number beyond 31 bits', 2 ** 31, 'ERR_OUT_OF_RANGE'],
    ['a name', 'lo', 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %s', (_what, index, code) => {
    expect(thrownBy(() => call(name, index)).code).toBe(code);
  });

  it('names the interface in its complaint', () => {
    expect(thrownBy(() => call(name, 123_456_789)).message).toContain('interface 123456789');
  });
});

describe('reading the queues', () => {
  it('needs no right, and what it says of one interface it says in the list of all', () => {
    const root = call('rootQdisc', LOOPBACK);
    const listed = call('rootQdiscs') as { ifindex: number }[];
    const expected = root === undefined ? undefined : { ...root, ifindex: LOOPBACK };
    expect(listed.find(({ ifindex }) => ifindex === LOOPBACK)).toEqual(expected);
  });

  it('leaves no descriptor open but the one that owners are asked by', () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const ask = () =>
      call('tcpSocketOwner', { address: '::1', port: 1 }, { address: '::1', port: 2 });
    // The first question opens a socket that is kept for all others.
    ask();
    const before = open();
    call('rootQdiscs');
    call('htbClassNumbers', LOOPBACK);
    thrownBy(() => call('rootQdisc', 2 ** 31 - 1));
    ask();
    expect(open()).toBe(before);
  });
});

describe.each([
  ['readNetworkEvents', ['ours']],
  ['closeNetworkEvents', []],
] as const)('%s', (name, more) => {
  it.each([
    ['no object', 7, 'ERR_INVALID_ARG_TYPE'],
    ['nothing', undefined, 'ERR_INVALID_ARG_TYPE'],
    ['an object without descriptors', {}, 'ERR_INVALID_ARG_TYPE'],
    ['descriptors that are none', { route: -1, netfilter: -1 }, 'ERR_OUT_OF_RANGE'],
    ['descriptors that are not open', { route: 1_000_000, netfilter: 1_000_000 }, 'EBADF'],
  ])('refuses %s', (_what, events, code) => {
    expect(thrownBy(() => call(name, events, ...more)).code).toBe(code);
  });
});
