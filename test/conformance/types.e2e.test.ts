/** Every type of XML-RPC as an argument, by XML-RPC clients that nobody here wrote. */
import { afterAll, beforeAll, expect } from 'vitest';
import type { DemoNode } from '../support/demo-node.ts';
import { BORROWER, LENDER, OVER_31_BITS, startSampleNode, targetOf } from './sample-node.ts';
import { describeEachClient } from './session.ts';
import { array, int, loan, string, struct, type TypedValue } from './typed-value.ts';

let node: DemoNode;

beforeAll(async () => {
  node = await startSampleNode();
});

afterAll(() => node.destroy());

describeEachClient(
  (kind) => targetOf(node, kind),
  ({ stranger, api: session, works }) => {
    const WRONG: readonly (readonly [what: string, value: TypedValue])[] = [
      ['int', int(-12)],
      ['int', ['i8', String(OVER_31_BITS)]],
      ['double', ['double', '1.5']],
      ['boolean', ['boolean', '1']],
      ['nil', ['nil', '']],
      ['dateTime.iso8601', ['dateTime', '19980717T14:08:55']],
      ['base64', ['base64', 'aGVsbG8=']],
      ['array', array(array(string('a'), array()), int(1))],
      ['struct', struct({ a: struct({ b: array(int(1)) }), c: string('d') })],
    ];
    const sendable = WRONG.filter(([, [type]]) => !stranger.lacks.some((lack) => lack === type));

    works.each(sendable)('sends %s, which arrives as what it is: %j', async (what, value) => {
      const api = session();
      expect(await api.faultOf('GetRSpec', value)).toEqual([
        102,
        `sliver wants string, got ${what}`,
      ]);
      const amount = array(array(string(BORROWER), string('nm_cpu_share'), value));
      if (what !== 'int') {
        expect(await api.faultOf('SetLoans', string(LENDER), amount)).toEqual([
          102,
          expect.stringContaining('the amount of entry 1 is not an integer'),
        ]);
      }
      await api.stillWorks();
    });

    const STRINGS: readonly (readonly [what: string, text: string])[] = [
      ['markup', '<a href="x">&amp;</a> \'b\''],
      ['what ends a CDATA section', 'a]]>b'],
      ['other scripts', 'grüß 日本 Ωμέγα'],
      ['characters outside the basic plane', '😀𝔘'],
      ['white space at its ends', '  a b\t '],
      ['digits only', '0012'],
      ['nothing', ''],
    ];
    const texts = STRINGS.filter(
      ([, text]) => stranger.astral || !/[\u{10000}-\u{10ffff}]/u.test(text),
    );

    works.each(texts)('sends strings with %s', async (_what, text) => {
      const api = session();
      expect(await api.faultOf('GetRSpec', string(text))).toEqual([
        102,
        `no such sliver: '${text}'`,
      ]);
      const sent = array(loan(text, 'nm_net_share', 1));
      const entry = JSON.stringify([text, 'nm_net_share', 1]);
      expect(await api.faultOf('SetLoans', string(LENDER), sent)).toEqual([
        102,
        expect.stringContaining(`${entry}, can never count: recipient is no name`),
      ]);
    });

    works(
      'sends line ends, which a client that does not mark them lets XML make LF of',
      async () => {
        const api = session();
        const [code, text] = await api.faultOf('GetRSpec', string('a\r\nb'));
        expect(code).toBe(102);
        expect(["no such sliver: 'a\r\nb'", "no such sliver: 'a\nb'"]).toContain(text);
      },
    );

    works(
      'a character that XML cannot carry is refused by the client or is fault -32700',
      async () => {
        const api = session();
        const answer = await api.ask('GetRSpec', string('a\u0001b'));
        if ('fault' in answer) expect(answer.fault[0]).toBe(-32700);
        else expect(answer).toEqual({ error: expect.any(String) });
        await api.stillWorks();
      },
    );

    works('arrays that nest too deep are fault -32700', async () => {
      const api = session();
      const nested = (levels: number): TypedValue =>
        levels === 0 ? array() : array(nested(levels - 1));
      expect((await api.faultOf('GetRSpec', nested(10)))[0]).toBe(102);
      expect((await api.faultOf('GetRSpec', nested(30)))[0]).toBe(-32700);
      await api.stillWorks();
    });

    works('a thousand loans come back as they were sent', async () => {
      const api = session();
      const entries = Array.from(
        { length: 1000 },
        (_, at) => [`site_${at}`, 'nm_net_share', at + 1] as const,
      );
      const sent = array(...entries.map((entry) => loan(...entry)));
      expect(await api.call('SetLoans', string(LENDER), sent)).toEqual(api.given(1));
      expect(await api.call('GetLoans', string(LENDER))).toEqual(api.given(entries));
      await api.call('SetLoans', string(LENDER), array());
    });

    works('a request that is too long ends in an error, and the next call works', async () => {
      const api = session();
      const answer = await api.ask('GetRSpec', string('x'.repeat(2 << 20)));
      expect(answer).not.toHaveProperty('result');
      await api.stillWorks();
    });

    if (stranger.latin1) {
      works('sends ISO-8859-1', async () => {
        const api = session();
        const answer = await api.askIn('ISO-8859-1', 'GetRSpec', string('Müßiggang'));
        expect(answer).toEqual({ fault: [102, "no such sliver: 'Müßiggang'"] });
      });
    }
  },
);
