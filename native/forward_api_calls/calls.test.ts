// What the delegate's login shell does for a call, from request to answer, and for a request or
// an API that cannot be had.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answeringWithoutEnd, httpApi, pythonApi, rawApi, socketPath } from './api-servers.ts';
import {
  call,
  faultOf,
  hurriedVia,
  outcomeOf,
  SHELL_FILE,
  startShell,
  viaSocket,
} from './delegate-shell.ts';

const MEBIBYTE = 1024 * 1024;
const REQUEST = '<methodCall><methodName>Help</methodName></methodCall>';
const ANSWER = '<methodResponse><params/></methodResponse>';

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

/** An API that answers with the request's own body. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.end(await bodyOf(request));
}

/** Opens a file to stand for one of the standard streams. */
function opened(path: string, flags: string): number {
  const fd = openSync(path, flags);
  onTestFinished(() => closeSync(fd));
  return fd;
}

describe('a call', () => {
  it('posts the request to /RPC2 as text/xml and prints nothing but the body of the answer', async () => {
    let seen: object = {};
    const path = await httpApi(async (request, response) => {
      const { method, url, headers } = request;
      seen = { method, url, headers, body: (await bodyOf(request)).toString() };
      response.setHeader('Content-Type', 'text/xml').end(ANSWER);
    });
    const outcome = await call(REQUEST, viaSocket(path));
    expect({ ...outcome, stdout: outcome.stdout.toString() }).toEqual({
      status: 0,
      stdout: ANSWER,
      stderr: '',
    });
    expect(seen).toEqual({
      method: 'POST',
      url: '/RPC2',
      headers: {
        host: 'localhost',
        'content-type': 'text/xml',
        'content-length': String(REQUEST.length),
        connection: 'close',
      },
      body: REQUEST,
    });
  });

  it.each([
    ['at once', [REQUEST]],
    ['in pieces', REQUEST.split(/(?<=[a-z<])/)],
    ['with a line end behind it', [`${REQUEST}\n`]],
    ['with white space in its last tag', [REQUEST.replace('</methodCall>', '</methodCall \n>')]],
    [
      'with the same letters in a comment, in a CDATA section and in an instruction before',
      [
        '<?a </methodCall>?><methodCall><!----><!-- > </methodCall> -->',
        '<methodName>Help<![CDATA[ ]] > </methodCall> ]]]></methodName></methodCalls></methodCall>',
      ],
    ],
  ])(
    'is made of a request that comes %s from a client that cannot end its side',
    async (_, pieces) => {
      const path = await httpApi(echo);
      const child = startShell(viaSocket(path));
      for (const piece of pieces) child.stdin?.write(piece);
      const { status, stdout } = await outcomeOf(child);
      const sent = pieces.join('');
      expect([status, stdout.toString()]).toEqual([0, sent.endsWith('\n') ? sent.trimEnd() : sent]);
    },
  );

  it("prints a fault of the API's own as it is, with exit status 0", async () => {
    const fault = '<methodResponse><fault>108</fault></methodResponse>';
    const path = await httpApi((_request, response) => void response.end(fault));
    const { status, stdout } = await call(REQUEST, viaSocket(path));
    expect([status, stdout.toString()]).toEqual([0, fault]);
  });

  it('passes on any bytes unchanged, a mebibyte of them each way', async () => {
    const bytes = randomBytes(MEBIBYTE);
    const { status, stdout } = await call(bytes, viaSocket(await httpApi(echo)));
    expect(status).toBe(0);
    expect(stdout.equals(bytes)).toBe(true);
  });

  it('is told the end of the answer by its length, though the API keeps the connection open', async () => {
    const path = await answeringWithoutEnd('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>');
    const { status, stdout } = await call(REQUEST, viaSocket(path));
    expect([status, stdout.toString()]).toEqual([0, '<a/>']);
  });

  it('waits for a request that comes in pieces', async () => {
    const child = startShell(viaSocket(await httpApi(echo)));
    const outcome = outcomeOf(child);
    for (const piece of REQUEST) await new Promise((sent) => child.stdin?.write(piece, sent));
    child.stdin?.end();
    expect((await outcome).stdout.toString()).toBe(REQUEST);
  });

  it('ends on time although the request on standard input does not', async () => {
    const child = startShell(hurriedVia(await httpApi(echo)));
    child.stdin?.write(REQUEST.slice(0, -1));
    expect(faultOf(await outcomeOf(child))).toBe(
      'the request on standard input did not end within 1 s',
    );
  });

  it('ends on time although the request drips in without end', async () => {
    const child = startShell(hurriedVia(await httpApi(echo)));
    const outcome = outcomeOf(child);
    while (child.exitCode === null) {
      child.stdin?.write('<');
      await pause(20);
    }
    expect(faultOf(await outcome)).toMatch(/did not end within 1 s/);
  });
});

describe('a request', () => {
  it('of exactly 1 MiB is forwarded', async () => {
    const path = await httpApi(async (request, response) => {
      response.end(`<size>${(await bodyOf(request)).length}</size>`);
    });
    const { status, stdout } = await call(Buffer.alloc(MEBIBYTE, 'x'), viaSocket(path));
    expect([status, stdout.toString()]).toEqual([0, '<size>1048576</size>']);
  });

  it('of 1 MiB and one byte is refused, and the API hears nothing of it', async () => {
    let connections = 0;
    const path = await rawApi(() => void connections++);
    const outcome = await call(Buffer.alloc(MEBIBYTE + 1, 'x'), viaSocket(path));
    expect(faultOf(outcome)).toBe('the request is bigger than 1048576 bytes');
    expect(connections).toBe(0);
  });

  it('that is far bigger is refused without reading it all', async () => {
    const outcome = await call(Buffer.alloc(64 * MEBIBYTE), viaSocket(socketPath()));
    expect(faultOf(outcome)).toMatch(/bigger than/);
  });

  it('that is empty is refused', async () => {
    expect(faultOf(await call('', viaSocket(await httpApi(echo))))).toBe(
      'there is no request on standard input',
    );
  });

  it('that cannot be read is refused', async () => {
    const stdio = [opened('/', 'r'), 'pipe', 'pipe'] as const;
    const outcome = await call('', viaSocket(socketPath()), { stdio: [...stdio] });
    expect(faultOf(outcome)).toMatch(/cannot read the request .*: Is a directory/);
  });
});

describe('an API that cannot be had', () => {
  it('is a fault naming the socket when there is no socket', async () => {
    const path = socketPath();
    expect(faultOf(await call(REQUEST, viaSocket(path)))).toBe(
      `cannot connect to the API at ${path}: No such file or directory`,
    );
  });

  it('is a fault when its socket is there but nobody listens', async () => {
    const path = await pythonApi('socket.socket(socket.AF_UNIX).bind(sys.argv[1])');
    expect(faultOf(await call(REQUEST, viaSocket(path)))).toMatch(/Connection refused/);
  });

  it('is a fault when its queue of connections stays full past the deadline', async () => {
    const path = await pythonApi(`
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(0)
waiting = []
while True:
    waiting.append(socket.socket(socket.AF_UNIX)); waiting[-1].setblocking(False)
    try: waiting[-1].connect(sys.argv[1])
    except BlockingIOError: break
print('full', flush=True); sys.stdin.read()`);
    expect(faultOf(await call(REQUEST, hurriedVia(path)))).toMatch(/no complete answer .* 1 s/);
  });

  it('is a fault when it never answers', async () => {
    const path = await rawApi((socket) => void socket.resume());
    expect(faultOf(await call(REQUEST, hurriedVia(path)))).toBe(
      `no complete answer from the API at ${path} within 1 s`,
    );
  });

  it('is a fault when it never reads the request either', async () => {
    const path = await rawApi((socket) => void socket.pause());
    const outcome = await call(Buffer.alloc(MEBIBYTE, 'x'), hurriedVia(path));
    expect(faultOf(outcome)).toMatch(/no complete answer .* 1 s/);
  });

  it('is a fault when its answer drips in past the deadline', async () => {
    const path = await rawApi((socket) => {
      socket.resume().write('HTTP/1.1 200 OK\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    expect(faultOf(await call(REQUEST, hurriedVia(path)))).toMatch(/no complete answer .* 1 s/);
  });

  it('is a fault when the path is too long for a socket', async () => {
    expect(faultOf(await call(REQUEST, viaSocket(`/${'p'.repeat(107)}`)))).toBe(
      "the API's socket path has 108 bytes: 1 to 107 fit",
    );
  });

  it('is told in XML that stays well-formed whatever the path contains', async () => {
    const outcome = await call(REQUEST, viaSocket('/tmp/<a>&"\'\n\x1b[31m\x7fé]]>'));
    expect(faultOf(outcome)).toContain('/tmp/<a>&"\'??[31m???]]>: No such file');
  });
});

describe('standard streams', () => {
  const closing = (redirections: string, values: string[]) =>
    ['-c', `exec "$0" "$@" ${redirections}`, SHELL_FILE, ...values] as const;

  it('a missing standard input is an empty request', async () => {
    const path = await httpApi(echo);
    const outcome = await call('', closing('<&-', viaSocket(path)), {}, '/bin/sh');
    expect(faultOf(outcome)).toBe('there is no request on standard input');
  });

  it('a missing standard output is exit status 2, and the API is not called', async () => {
    let connections = 0;
    const path = await rawApi(() => void connections++);
    const outcome = await call(REQUEST, closing('>&-', viaSocket(path)), {}, '/bin/sh');
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toBe('forward_api_calls: standard output is not open\n');
    expect(connections).toBe(0);
  });

  it('a missing standard error changes nothing for the answer', async () => {
    const path = await httpApi(echo);
    const outcome = await call(REQUEST, closing('2>&-', viaSocket(path)), {}, '/bin/sh');
    expect([outcome.status, outcome.stdout.toString()]).toEqual([0, REQUEST]);
  });

  it('all three missing is exit status 2', async () => {
    const outcome = await call('', closing('<&- >&- 2>&-', []), {}, '/bin/sh');
    expect(outcome.status).toBe(2);
  });

  it('a reader who leaves before the answer comes is exit status 2, not a death by SIGPIPE', async () => {
    const path = await httpApi(async (request, response) => {
      await bodyOf(request);
      child.stdout?.destroy();
      await once(child.stdout as NodeJS.EventEmitter, 'close');
      response.end(Buffer.alloc(MEBIBYTE, 'x'));
    });
    const child = startShell(viaSocket(path));
    child.stdin?.end(REQUEST);
    const [[status], [complaint]] = await Promise.all([
      once(child, 'exit'),
      once(child.stderr as NodeJS.EventEmitter, 'data'),
    ]);
    expect(status).toBe(2);
    expect(String(complaint)).toBe(
      'forward_api_calls: cannot write the answer to standard output: Broken pipe\n',
    );
  });

  it('an output that is full is exit status 2', async () => {
    const stdio = ['pipe', opened('/dev/full', 'w'), 'pipe'] as const;
    const outcome = await call(REQUEST, viaSocket(await httpApi(echo)), { stdio: [...stdio] });
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toMatch(/No space left on device\n$/);
  });

  it('a reader who takes the answer slowly gets all of it', async () => {
    const bytes = randomBytes(2 * MEBIBYTE);
    const path = await httpApi((_request, response) => void response.end(bytes));
    const child = startShell(hurriedVia(path));
    child.stdin?.end(REQUEST);
    const parts: Buffer[] = [];
    for await (const part of child.stdout ?? []) {
      parts.push(part);
      await pause(20);
    }
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  });
});
