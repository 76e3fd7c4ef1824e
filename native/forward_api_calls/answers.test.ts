// Which answers of the API the login shell believes, and what it says of the others.
import { describe, expect, it } from 'vitest';
import { answering, answeringWithoutEnd, httpApi, pythonApi, rawApi } from './api-servers.ts';
import { call, faultOf, viaSocket } from './delegate-shell.ts';

const MEBIBYTE = 1024 * 1024;
const REQUEST = '<methodCall/>';
const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

describe('an answer that is whole', () => {
  it.each([
    ['ends with its Content-Length', `${OK}Content-Length: 4\r\n\r\n<a/>`],
    ['ends with the connection', `${OK}\r\n<a/>`],
    ['is HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n<a/>'],
    ['has no reason phrase', 'HTTP/1.1 200\r\n\r\n<a/>'],
    ['has lines that end in LF alone', 'HTTP/1.1 200 OK\nContent-Length: 4\n\n<a/>'],
    ['has header names in another case', `${OK}content-LENGTH:4\r\n\r\n<a/>`],
    [
      'says its Content-Length twice alike',
      `${OK}Content-Length: 4\r\nContent-Length: 4\r\n\r\n<a/>`,
    ],
    ['comes in chunks', `${CHUNKED}2\r\n<a\r\n002\r\n/>\r\n0\r\n\r\n`],
    ['has chunk extensions and trailers', `${CHUNKED}4 ;x="y"\r\n<a/>\r\n0;z\r\nT: t\r\n\r\n`],
    [
      'follows an interim answer',
      `HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\n${OK}\r\n<a/>`,
    ],
    ['has more behind it than it says', `${OK}Content-Length: 4\r\n\r\n<a/><b/>`],
  ])('is printed when it %s', async (_how, bytes) => {
    const { status, stdout } = await call(REQUEST, viaSocket(await answering(bytes)));
    expect([status, stdout.toString()]).toEqual([0, '<a/>']);
  });

  it('is printed when it comes byte by byte', async () => {
    const path = await rawApi((socket) => {
      const bytes = `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n`;
      const sendFrom = (at: number) =>
        at < bytes.length && socket.write(bytes.charAt(at), () => sendFrom(at + 1));
      sendFrom(0);
    });
    expect((await call(REQUEST, viaSocket(path))).stdout.toString()).toBe('<a/>');
  });

  it('is printed when Node.js sends it in chunks of its own choice', async () => {
    const parts = Array.from({ length: 1000 }, (_, i) => `<part n="${i}"/>`.repeat(i % 7));
    const path = await httpApi((_request, response) => {
      for (const part of parts) response.write(part);
      response.end();
    });
    expect((await call(REQUEST, viaSocket(path))).stdout.toString()).toBe(parts.join(''));
  });
});

describe('an answer that is cut short', () => {
  it.each([
    ['nothing at all', '', 'the API closed the connection without an answer'],
    ['half a status line', 'HTTP/1.1 20', "the API's answer was cut short"],
    ['headers without an end', `${OK}Content-Length: 4\r\n`, "the API's answer was cut short"],
    [
      'less than its Content-Length',
      `${OK}Content-Length: 5\r\n\r\n<a/>`,
      "the API's answer was cut short",
    ],
    ['chunks without the last', `${CHUNKED}4\r\n<a/>\r\n`, "the API's answer was cut short"],
    ['half a chunk', `${CHUNKED}4\r\n<a`, "the API's answer was cut short"],
    [
      'a last chunk without its empty line',
      `${CHUNKED}4\r\n<a/>\r\n0\r\n`,
      "the API's answer was cut short",
    ],
    ['an interim answer only', 'HTTP/1.1 100 Continue\r\n\r\n', "the API's answer was cut short"],
  ])('is a fault, and nothing of its body is printed: %s', async (_what, bytes, text) => {
    expect(faultOf(await call(REQUEST, viaSocket(await answering(bytes))))).toBe(text);
  });

  it('is a fault when the connection is reset in a body that only its end would delimit', async () => {
    // Closing with the request unread is what resets a Unix socket.
    const path = await pythonApi(`
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(1)
print('ready', flush=True)
connection, _ = server.accept()
connection.recv(1)
connection.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n<half')
connection.close()`);
    expect(faultOf(await call(REQUEST, viaSocket(path)))).toMatch(/Connection reset by peer/);
  });
});

describe('an answer that is not to be believed', () => {
  it.each([
    ['garbage', '\x00\xff\x1b[2J garbage\n', /is not HTTP: a control character/],
    ['XML without HTTP', '<methodResponse/>\n', /is not HTTP: it begins with '<methodResponse\/>'/],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n<a/>', /is not HTTP/],
    ['HTTP/0.9', '<a/>', /cut short/],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n<a/>', /is not HTTP/],
    ['a header without a colon', `${OK}Content-Length 4\r\n\r\n<a/>`, /not HTTP: a header/],
    ['a space before the colon', `${OK}Content-Length : 4\r\n\r\n<a/>`, /not HTTP: a header/],
    ['a folded header', `${OK}A: b\r\n c: d\r\n\r\n<a/>`, /not HTTP: a header/],
    ['a header with a NUL', `${OK}A: \0b\r\n\r\n<a/>`, /control character/],
    ['a CR within a line', `${OK}A: b\rContent-Length: 1\r\n\r\n<a/>`, /control character/],
    ['a negative length', `${OK}Content-Length: -4\r\n\r\n<a/>`, /Content-Length '-4'/],
    ['an empty length', `${OK}Content-Length:\r\n\r\n<a/>`, /Content-Length ''/],
    ['a list of lengths', `${OK}Content-Length: 4, 4\r\n\r\n<a/>`, /Content-Length '4, 4'/],
    ['a length beyond 64 bits', `${OK}Content-Length: 18446744073709551620\r\n\r\n<a/>`, /bigger/],
    [
      'two lengths',
      `${OK}Content-Length: 4\r\nContent-Length: 3\r\n\r\n<a/>`,
      /a second Content-Le/,
    ],
    ['a length and chunks', `${OK}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n`, /both/],
    [
      'another coding',
      `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`,
      /Transfer-Encoding 'gzip, /,
    ],
    ['a chunk size that is no number', `${CHUNKED}zz\r\n<a/>`, /a chunk of size 'zz'/],
    ['a chunk size with a sign', `${CHUNKED}+4\r\n<a/>`, /a chunk of size '\+4'/],
    ['a chunk size with 0x', `${CHUNKED}0x4\r\n<a/>`, /a chunk of size '0x4'/],
    ['an empty chunk size', `${CHUNKED}\r\n<a/>`, /a chunk of size ''/],
    ['a chunk size beyond 64 bits', `${CHUNKED}10000000000000004\r\n<a/>`, /bigger/],
    ['a chunk longer than its size', `${CHUNKED}3\r\n<a/>\r\n0\r\n\r\n`, /after a chunk '>'/],
    ['an empty document', `${OK}Content-Length: 0\r\n\r\n`, /empty document/],
    ['an empty document in chunks', `${CHUNKED}0\r\n\r\n`, /empty document/],
  ])('is a fault: %s', async (_what, bytes, text) => {
    const path = await answering(Buffer.from(bytes, 'latin1'));
    expect(faultOf(await call(REQUEST, viaSocket(path)))).toMatch(text);
  });

  it.each([
    ['one header without end', `${OK}A: ${'a'.repeat(MEBIBYTE)}`, /a line .* longer than 8191/],
    ['headers without end', `${OK}${'A: b\r\n'.repeat(20_000)}`, /headers .* longer than 65536/],
    ['trailers without end', `${CHUNKED}0\r\n${'A: b\r\n'.repeat(20_000)}`, /longer than 65536/],
    [
      'interim answers without end',
      'HTTP/1.1 102 Wait\r\n\r\n'.repeat(10_000),
      /longer than 65536/,
    ],
    ['a chunk extension without end', `${CHUNKED}1;${'x'.repeat(MEBIBYTE)}`, /longer than 8191/],
    ['a length above 64 MiB', `${OK}Content-Length: 67108865\r\n\r\n`, /bigger than 67108864/],
    ['a chunk above 64 MiB', `${CHUNKED}4000001\r\n`, /bigger than 67108864/],
  ])('is a fault at once when it would be too big: %s', async (_what, bytes, text) => {
    expect(faultOf(await call(REQUEST, viaSocket(await answeringWithoutEnd(bytes))))).toMatch(text);
  });

  it.each([
    ['delimited by the end', `${OK}\r\n`, ''],
    ['in chunks', CHUNKED, '10000\r\n'],
  ])('is a fault when a body %s goes on beyond 64 MiB', async (_how, head, before) => {
    const part = Buffer.from(before + 'x'.repeat(65_536) + (before === '' ? '' : '\r\n'));
    const path = await rawApi((socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write(part));
      };
      socket.resume().write(head);
      socket.on('drain', more);
      more();
    });
    expect(faultOf(await call(REQUEST, viaSocket(path)))).toMatch(/bigger than 67108864 bytes/);
  });
});

describe('an answer with another status', () => {
  it.each([
    [500, 'Internal Server Error'],
    [413, 'Payload Too Large'],
    [204, 'No Content'],
    [302, 'Found'],
    [101, 'Switching Protocols'],
  ])('is a fault that names it: %i %s', async (status, reason) => {
    const path = await answering(`HTTP/1.1 ${status} ${reason}\r\nContent-Length: 2\r\n\r\nno`);
    expect(faultOf(await call(REQUEST, viaSocket(path)))).toBe(
      `the API answered with status ${status} ${reason}`,
    );
  });

  it('is a fault in well-formed XML whatever its reason phrase contains', async () => {
    const path = await answering('HTTP/1.1 500 </string>&\t]]>é\r\n\r\n');
    expect(faultOf(await call(REQUEST, viaSocket(path)))).toBe(
      'the API answered with status 500 </string>&?]]>??',
    );
  });

  it('is named when it comes before the request has been read, and the connection is reset', async () => {
    const path = await rawApi((socket) => {
      socket.once('readable', () => {
        socket.read(100);
        socket.end('HTTP/1.1 413 Payload Too Large\r\n\r\n', () => socket.destroy());
      });
    });
    const outcome = await call(Buffer.alloc(MEBIBYTE, 'x'), viaSocket(path));
    expect(faultOf(outcome)).toBe('the API answered with status 413 Payload Too Large');
  });

  it('is named when the API answers at once, and neither reads the request nor closes', async () => {
    const path = await rawApi((socket) => {
      socket.pause().write('HTTP/1.1 413 Payload Too Large\r\n\r\n');
    });
    const outcome = await call(Buffer.alloc(MEBIBYTE, 'x'), viaSocket(path));
    expect(faultOf(outcome)).toBe('the API answered with status 413 Payload Too Large');
  });

  it('is named when the API stops reading and answers after the shell has met the broken pipe', async () => {
    // Reading what was sent before SHUT_RD makes room, which wakes the shell: it sends, and fails.
    // Once it sleeps again, with room to send, it waits for nothing but the answer.
    const path = await pythonApi(`
import struct
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(1)
print('ready', flush=True)
connection, _ = server.accept()
credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
stat = f'/proc/{struct.unpack("3i", credentials)[0]}/stat'
connection.recv(1)
connection.shutdown(socket.SHUT_RD)
while connection.recv(65536): pass
while open(stat).read().rsplit(')', 1)[1].split()[0] in 'RD': pass
connection.sendall(b'HTTP/1.1 413 Payload Too Large\\r\\n\\r\\n')
sys.stdin.read()`);
    const outcome = await call(Buffer.alloc(MEBIBYTE, 'x'), viaSocket(path));
    expect(faultOf(outcome)).toBe('the API answered with status 413 Payload Too Large');
  });
});
