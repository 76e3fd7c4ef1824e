/** `nmctl guard` on real sockets. */
import { epochSeconds } from '@nodemgr/records';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aDbStatus, aFetcherStatus, NOW } from '../test-support/builders.ts';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

describe('guard', () => {
  const hold = { source: 'plc', reason: 'too much', would_remove: ['sliver_a_b'], since: NOW };

  test('that is open says so, and so does allow', async () => {
    await node.start(theDaemons());
    expect(await node.run('guard')).toMatchObject({ code: 0, out: 'open: nothing is held back\n' });
    expect(await node.run('guard', 'allow')).toMatchObject({ out: 'nothing is held back\n' });
  });

  test('that holds something back exits 1', async () => {
    const daemons = theDaemons();
    const status = () => aDbStatus({ guard: [hold] });
    await node.start({ ...daemons, 'db-service': { ...daemons['db-service'], status } });
    const { code, out } = await node.run('guard');
    expect(code).toBe(1);
    expect(out).toContain('let it through with: nmctl guard allow');
  });

  test('allow tells what was removed and written', async () => {
    const daemons = theDaemons();
    const guard_allow = () => [{ source: 'plc', written: 2, removed: 5 }];
    await node.start({ ...daemons, 'db-service': { ...daemons['db-service'], guard_allow } });
    expect(await node.run('guard', 'allow')).toMatchObject({
      code: 0,
      out: 'let through an update from plc: 5 records removed, 2 written\n',
    });
  });

  const signed = (serial: number, digit: string) => ({
    ...{ document: digit.repeat(64), serial, issued: epochSeconds(NOW / 1000) },
    signers: [{ name: 'alice@x', fingerprint: 'SHA256:abc' }],
  });

  test('shows a document that is older than the one in force, and takes it by its name alone', async () => {
    const daemons = theDaemons();
    const about = { bytes: 1, slices: 1, ours: 1, fetched_at: NOW, signed: signed(12, 'b') };
    const asked: string[] = [];
    await node.start({
      ...daemons,
      'plc-fetcher': {
        ...daemons['plc-fetcher'],
        status: () => aFetcherStatus({ document: about, held_back: signed(11, 'a') }),
        allow_document: ({ document }) => {
          asked.push(document);
          return document.startsWith('a') ? { poll: { outcome: 'new document' } } : {};
        },
      },
    });
    const { code, out } = await node.run('guard');
    expect(code).toBe(1);
    expect(out).toMatch(/its serial is 11; that of the document in force is 12/);
    expect(out).toContain(`take it with: nmctl guard allow ${'a'.repeat(12)}`);
    expect(await node.run('guard', 'allow', 'a'.repeat(12))).toMatchObject({
      code: 0,
      out: 'the document aaaaaaaaaaaa is let through; fetching it: new document\n',
    });
    expect(await node.run('guard', 'allow', 'c'.repeat(12))).toMatchObject({
      code: 1,
      out: 'no such document is held back\n',
    });
    expect(await node.run('guard', 'allow', '11')).toMatchObject({ code: 2 });
    expect(asked).toEqual(['a'.repeat(12), 'c'.repeat(12)]);
    const { out: status } = await node.run('status');
    expect(status).toMatch(/signed by alice@x \(SHA256:abc\); made .* serial 12, document b{12}/);
  });

  test('without db-service exits 3, and nothing was let through', async () => {
    const { 'db-service': _, ...others } = theDaemons();
    await node.start(others);
    expect(await node.run('guard', 'allow')).toMatchObject({
      code: 3,
      err: 'nmctl: db-service: it is not running; nothing was let through\n',
    });
  });

  test('allow that db-service does not answer may still happen, and says so', async () => {
    const daemons = theDaemons();
    const guard_allow = () => new Promise<never>(() => {});
    await node.start({ ...daemons, 'db-service': { ...daemons['db-service'], guard_allow } });
    expect(await node.run('guard', 'allow')).toMatchObject({
      code: 3,
      err: expect.stringMatching(
        /no answer to guard_allow in 5000 ms; it may still let .* through/,
      ),
    });
  }, 10_000);
});
