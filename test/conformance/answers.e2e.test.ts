/**
 * Every type of XML-RPC as we write it, read by clients that nobody here wrote. The API's methods
 * give few of them, so the answers come from a server that has nothing but our serialiser.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { decodeCall, encodeResponse, type XmlRpcValue } from '@nodemgr/xml-rpc';
import { afterAll, beforeAll, expect } from 'vitest';
import { describeEachClient } from './session.ts';

const STRINGS = {
  markup: '<a href="x">&amp;</a> \'b\'',
  endOfCdata: 'a]]>b',
  otherScripts: 'grüß 日本 Ωμέγα',
  spaceAtItsEnds: ' \t a\n ',
  nothing: '',
} as const;
const NESTED = [[], [1, ['a', [{ 'm<&>': { ü: [-1] } }]]]] as const;
const DATE = new Date('1998-07-17T14:08:55Z');

const ANSWERS: ReadonlyMap<string, XmlRpcValue> = new Map<string, XmlRpcValue>([
  ...Object.entries(STRINGS),
  ['lineEnds', 'a\r\nb\rc\nd'],
  ['astral', '😀𝔘'],
  ['uncarriable', 'a\u0001\ufffe\ud800b'],
  ['int', -(2 ** 31)],
  ['double', -1.5e-7],
  ['largeDouble', 1.5e20],
  ['boolean', true],
  ['nil', null],
  ['date', DATE],
  ['base64', Buffer.from('hello')],
  ['nested', NESTED],
  ['noMembers', {}],
]);

let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const answer = encodeResponse(ANSWERS.get(decodeCall(body).method) ?? null);
      const length = Buffer.byteLength(answer);
      response.writeHead(200, { 'Content-Type': 'text/xml', 'Content-Length': length }).end(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function port(): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describeEachClient(
  () => ({ tcp: port() }),
  ({ stranger, api, works }) => {
    works.each(Object.entries(STRINGS))('reads strings: %s', async (name, text) => {
      expect(await api().call(name)).toBe(text);
    });

    works(
      `reads line ends${stranger.lineEnds === 'LF' ? ', and makes LF of them' : ''}`,
      async () => {
        const text = stranger.lineEnds === 'LF' ? 'a\nb\nc\nd' : 'a\r\nb\rc\nd';
        expect(await api().call('lineEnds')).toBe(text);
      },
    );

    if (stranger.astral) {
      works('reads characters outside the basic plane', async () => {
        expect(await api().call('astral')).toBe('😀𝔘');
      });
    }

    works('reads U+FFFD for what XML cannot carry', async () => {
      expect(await api().call('uncarriable')).toBe('a\ufffd\ufffd\ufffdb');
    });

    works('reads integers and doubles', async () => {
      expect(await api().call('int')).toEqual(api().given(-(2 ** 31)));
      expect(Number(await api().call('double'))).toBeCloseTo(-1.5e-7, 12);
      expect(Number(await api().call('largeDouble'))).toBe(1.5e20);
    });

    works('reads booleans', async () => {
      expect([true, 1, '1']).toContain(await api().call('boolean'));
    });

    works(stranger.lacks.includes('nil') ? 'survives nil' : 'reads nil', async () => {
      const answer = await api().ask('nil');
      if (!stranger.lacks.includes('nil')) expect(answer).toEqual({ result: null });
      expect(await api().call('int')).toEqual(api().given(-(2 ** 31)));
    });

    // What a language's own type of date or bytes looks like in JSON is its own business.
    works('reads dates', async () => {
      const told = JSON.stringify(await api().call('date'));
      expect(told).toMatch(/1998-?07-?17T14:08:55/);
    });

    works('reads base64', async () => {
      const told = JSON.stringify(await api().call('base64'));
      expect(told).toMatch(/hello|aGVsbG8=|104,101,108,108,111/);
    });

    works('reads arrays and structs in each other, empty ones too', async () => {
      expect(await api().call('nested')).toEqual(api().given(NESTED));
      const members = await api().call('noMembers');
      expect(Object.keys(members as object)).toEqual([]);
    });
  },
  ['tcp'],
);
