/** Every method of the API, by XML-RPC clients that nobody here wrote. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_RSPEC } from '@nodemgr/records';
import { needs } from '@nodemgr/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { DemoNode } from '../support/demo-node.ts';
import { TicketAuthority } from '../support/ticket-authority.ts';
import {
  BORROWER,
  LENDER,
  METHODS,
  OVER_31_BITS,
  startSampleNode,
  targetOf,
  WIDE,
} from './sample-node.ts';
import { describeEachClient, Session } from './session.ts';
import { array, loan, string, struct, type TypedValue } from './typed-value.ts';

const NOBODY = 54_321;
const authority = new TicketAuthority();
let folder: string;
let node: DemoNode;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  const keys = join(folder, 'ticket-keys.pem');
  writeFileSync(keys, authority.publicPem, { mode: 0o644 });
  vi.stubEnv('NODEMGR_TICKETS__TRUSTED_KEYS_FILE', keys);
  node = await startSampleNode();
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await node.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const WIDE_AS = {
  'a number': { result: OVER_31_BITS },
  text: { result: String(OVER_31_BITS) },
  nothing: { result: null },
  'an error': { error: expect.stringContaining('i8') },
} as const;

describeEachClient(
  (kind) => targetOf(node, kind),
  ({ stranger, api: session, works, target }) => {
    works('finds out about every method', async () => {
      const api = session();
      expect(await api.call('system.listMethods')).toEqual(expect.arrayContaining([...METHODS]));
      const help = await api.call('Help');
      for (const method of METHODS) {
        expect(help).toContain(method);
        expect(await api.call('system.methodHelp', string(method))).toContain(`${method}(`);
        expect(await api.call('system.methodSignature', string(method))).toContainEqual(
          expect.arrayContaining([expect.stringMatching(/^(string|int|array|struct)$/)]),
        );
      }
    });

    works('reads RSpecs as structs of integers', async () => {
      const api = session();
      const rspec = { ...DEFAULT_RSPEC, nm_cpu_guaranteed_share: 200, odd: 3 };
      expect(await api.call('GetRSpec', string(LENDER))).toEqual(api.given(rspec));
      expect(await api.call('GetEffectiveRSpec', string(LENDER))).toEqual(api.given(rspec));
    });

    works(`takes an integer over 31 bits for ${stranger.i8}`, async () => {
      const api = session();
      const answer = await api.ask('GetRSpec', string(WIDE));
      const rate =
        'result' in answer
          ? { result: (answer.result as Record<string, unknown>)['nm_net_max_rate'] }
          : answer;
      expect(rate).toEqual(WIDE_AS[stranger.i8]);
      await api.stillWorks();
    });

    works('sets loans, those that cannot count yet included, and takes them back', async () => {
      const api = session();
      const loans: readonly (readonly [string, string, number])[] = [
        [BORROWER, 'nm_cpu_guaranteed_share', 50],
        ['no_such', 'nm_cpu_guaranteed_share', 10],
        [BORROWER, 'nm_cpu_guaranteed_share', 2_000_000_000],
      ];
      const sent = array(...loans.map((entry) => loan(...entry)));
      const shareOf = async (sliver: string): Promise<unknown> => {
        const rspec = await api.call('GetEffectiveRSpec', string(sliver));
        return Number((rspec as Record<string, unknown>)['nm_cpu_guaranteed_share']);
      };
      expect(await api.call('SetLoans', string(LENDER), sent)).toEqual(api.given(1));
      expect(await api.call('GetLoans', string(LENDER))).toEqual(api.given(loans));
      expect([await shareOf(LENDER), await shareOf(BORROWER)]).toEqual([150, 50]);
      expect(await api.call('SetLoans', string(LENDER), array())).toEqual(api.given(1));
      expect(await api.call('GetLoans', string(LENDER))).toEqual([]);
      expect([await shareOf(LENDER), await shareOf(BORROWER)]).toEqual([200, 0]);
    });

    works('is refused a list of loans of which one can never count', async () => {
      const api = session();
      const good = loan(BORROWER, 'nm_cpu_guaranteed_share', 50);
      for (const [bad, why] of [
        [loan(LENDER, 'nm_cpu_share', 1), 'recipient is the lender itself'],
        [loan('borrower', 'nm_cpu_share', 1), 'recipient is no name that a slice can have'],
        [loan(BORROWER, 'nm_disk_quota', 1), 'resource cannot be lent'],
        [loan(BORROWER, 'nm_cpu_share', -5), 'amount is not positive'],
      ] as const) {
        const [code, text] = await api.faultOf('SetLoans', string(LENDER), array(good, bad));
        expect(code).toBe(102);
        expect(text).toMatch(new RegExp(`^entry 2 of the loans, .* can never count: ${why}`));
      }
      await api.stillWorks();
    });

    works('lends amounts over 31 bits, as <i8> or as a whole <double>', async () => {
      const api = session();
      const digits = String(OVER_31_BITS);
      const types = (['i8', 'double'] as const).filter((type) => !stranger.lacks.includes(type));
      for (const type of types) {
        const entry = array(string(BORROWER), string('nm_net_max_rate'), [type, digits]);
        await api.call('SetLoans', string(WIDE), array(entry));
        const records = JSON.parse(String(await api.call('DumpDatabase')));
        expect(records[`sliver_${WIDE}`].loans).toEqual([
          [BORROWER, 'nm_net_max_rate', OVER_31_BITS],
        ]);
      }
      await api.call('SetLoans', string(WIDE), array());
    });

    works('stops, starts, creates and deletes a sliver', async () => {
      const api = session();
      const stopped = async (): Promise<unknown> => {
        const records = JSON.parse(String(await api.call('DumpDatabase')));
        return records[`sliver_${BORROWER}`].stopped;
      };
      expect(await api.call('Stop', string(BORROWER))).toEqual(api.given(1));
      expect(await stopped()).toBe(true);
      expect(await api.call('Start', string(BORROWER))).toEqual(api.given(1));
      expect(await stopped()).toBe(false);
      expect(await api.call('CreateSliver', string(BORROWER))).toEqual(api.given(1));
      expect(await api.call('DeleteSliver', string(BORROWER))).toEqual(api.given(1));
    });

    works("makes the calls of PLC 4's clients", async () => {
      const api = session();
      for (const method of ['Create', 'ReCreate', 'Destroy']) {
        expect(await api.call(method, string(BORROWER))).toEqual(api.given(1));
      }
      const uids = (await api.call('GetXIDs')) as Record<string, unknown>;
      expect(Object.keys(uids)).toEqual(expect.arrayContaining([LENDER, BORROWER, WIDE]));
      expect(Number(uids[LENDER])).toBeGreaterThan(0);
      expect(await api.call('GetSSHKeys')).toHaveProperty(LENDER, '');
      // The dry run counts nothing; after a minute it has a day of that.
      const { days: _, ...now } = (await api.call('GetUsage', string(LENDER))) as {
        days?: unknown;
      };
      expect(now).toEqual({});
    });

    works('reads the record of a sliver: text, numbers, booleans, lists and structs', async () => {
      const api = session();
      const record = (await api.call('GetRecord', string(LENDER))) as Record<string, unknown>;
      expect(record).toMatchObject({ record_key: `sliver_${LENDER}`, name: LENDER, source: 'plc' });
      expect(record['rspec']).toEqual(api.given({ nm_cpu_guaranteed_share: 200, odd: 3 }));
      expect(record['loans']).toEqual([]);
      expect([true, 1, '1']).toContain(record['plc_instantiated']);
      const known = JSON.parse(String(await api.call('DumpDatabase')))[`sliver_${LENDER}`];
      expect(Object.keys(record).sort()).toEqual(Object.keys(known).sort());
    });

    works('hands in a ticket, as text or as the bytes of a file', async () => {
      const api = session();
      const ticket = authority.sign({ name: 'site_ticketed' });
      expect(await api.call('Ticket', string(ticket))).toEqual('site_ticketed');
      const bytes: TypedValue = ['base64', Buffer.from(ticket).toString('base64')];
      expect(await api.call('Ticket', bytes)).toEqual('site_ticketed');
      const changed = string(ticket.replace('site_ticketed', 'site_other'));
      expect(await api.faultOf('Ticket', changed)).toEqual([
        102,
        expect.stringContaining('it was changed after it was signed'),
      ]);
    });

    works('makes several calls in one, each with its own result or fault', async () => {
      const api = session();
      const call = (sliver: string): TypedValue =>
        struct({ methodName: string('GetLoans'), params: array(string(sliver)) });
      const answers = await api.call('system.multicall', array(call(BORROWER), call('no_such')));
      expect(answers).toEqual([
        [[]],
        { faultCode: api.given(102), faultString: "no such sliver: 'no_such'" },
      ]);
    });

    works('gets the code and the text of a fault', async () => {
      const api = session();
      const fault = await api.faultOf('NoSuchMethod');
      expect(fault).toEqual([100, expect.stringContaining('GetSSHKeys, DumpDatabase')]);
      expect(await api.faultOf('GetRSpec')).toEqual([
        101,
        expect.stringContaining('GetRSpec(sliver)'),
      ]);
      expect(await api.faultOf('GetRSpec', string('x'))).toEqual([102, "no such sliver: 'x'"]);
      const half = array(array(string(BORROWER), string('nm_cpu_share')));
      expect(await api.faultOf('SetLoans', string(LENDER), half)).toEqual([
        102,
        expect.stringContaining('entry 1 has 2 fields'),
      ]);
      await api.stillWorks();
    });

    const other = needs(...stranger.becomesOther);
    (other.missing ? test.skip : works)(`is told that it may not${other.note}`, async () => {
      const session = new Session(stranger, { ...target(), uid: NOBODY });
      try {
        expect(await session.faultOf('DumpDatabase')).toEqual([
          108,
          expect.stringContaining('may not call DumpDatabase'),
        ]);
        expect(await session.call('Help')).toContain('SetLoans');
      } finally {
        session.close();
      }
    });
  },
);
