/** The ticket signer as it is built: real sockets, real TLS, and everything that is refused. */
import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { chmodSync, chownSync } from 'node:fs';
import { SIGUSR1_IGNORED } from '@nodemgr/daemon';
import { epochSeconds } from '@nodemgr/records';
import { skipUnless } from '@nodemgr/testkit';
import { MAX_TICKET_BYTES, readTicket, readTrustedKeys, verifyTicket } from '@nodemgr/tickets';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HANDSHAKES } from '../apps/ticket-signer/src/http/http-bounds.ts';
import {
  type Asked,
  askOnSocket,
  askOverTls,
  head,
  RawConnection,
} from '../apps/ticket-signer/src/test-kit/ask-signer.ts';
import {
  makeAuthority,
  type TestAuthority,
  type TestIdentity,
} from '../apps/ticket-signer/src/test-kit/make-identities.ts';
import {
  MAIN,
  RunningSigner,
  SignerFolder,
} from '../apps/ticket-signer/src/test-kit/running-signer.ts';
import { aSlice, aTicket } from '../apps/ticket-signer/src/test-kit/ticket-texts.ts';
import { listeningPorts } from '../libs/daemon/src/listening-ports.test-support.ts';

const UID = process.getuid?.() ?? 0;
const LIFETIME = 3600;
const nowSeconds = () => epochSeconds(Math.floor(Date.now() / 1000));

const localCaller = (more = '') =>
  `[[callers]]\nname = "local"\nuid = ${UID}\nslices = ["princeton_*", "mit_dht"]\n` +
  `max_lifetime_seconds = ${LIFETIME}\n${more}`;

function shortKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** verified returns the record that node 17 takes from a ticket. */
function verified(ticket: string, folder: SignerFolder) {
  const trusted = readTrustedKeys(folder.key.publicPem);
  return verifyTicket(Buffer.from(ticket), { trusted, nodeId: 17, now: nowSeconds() }).record;
}

describe('on a Unix socket', () => {
  const place = new SignerFolder();
  let signer: RunningSigner;
  const ask = (body: string | Buffer, asked: Asked = {}) => askOnSocket(place.socket, body, asked);

  beforeAll(async () => {
    place.configure(localCaller());
    signer = await RunningSigner.start(place.config);
  });
  afterAll(async () => {
    await signer.stop();
    place.remove();
  });

  test.each([
    ['a ticket', aTicket()],
    ['a ticket that does not say when it was issued', aTicket({}, '')],
    ['a slice alone', aSlice()],
  ])('%s comes back signed, issued now and for no longer than may be', async (_what, body) => {
    const before = nowSeconds();
    const { status, type, body: ticket } = await ask(body);
    expect({ status, type }).toEqual({ status: 200, type: 'application/xml; charset=utf-8' });
    const { content } = readTicket(Buffer.from(ticket));
    expect(content.issued).toBeGreaterThanOrEqual(before);
    expect(content.expiry).toBe(content.issued + LIFETIME);
    expect(verified(ticket, place)).toMatchObject({ name: 'princeton_sirius', id: 12 });
  });

  test('SIGUSR1, on which Node.js opens its debugger, changes nothing', async () => {
    process.kill(signer.pid, 'SIGUSR1');
    await expect.poll(() => signer.said).toContain(SIGUSR1_IGNORED);
    expect(listeningPorts(signer.pid)).toEqual([]);
  });

  test.each([
    ['a NUL', '\0'],
    ['a line of something else', 'no HTTP\r\n\r\n'],
    ['a request whose length cannot be known', 'POST /sign HTTP/1.1\r\nContent-Length: x\r\n\r\n'],
  ])('a request with %s behind it is signed and answered', async (_what, behind) => {
    const body = aTicket();
    const raw = await RawConnection.to({ path: place.socket });
    const length = `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    raw.send(`POST /sign HTTP/1.1\r\nHost: signer\r\n${length}\r\n${body}${behind}`);
    await raw.closed;
    expect(raw.heard.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200']);
    expect(raw.heard).toMatch(/<\/ticket>\s*$/);
  });

  test('a request whose length cannot be known is 400, also for a client that is still sending', async () => {
    const raw = await RawConnection.to({ path: place.socket });
    raw.send('POST /sign HTTP/1.1\r\nHost: signer\r\nContent-Length: x\r\n\r\n');
    raw.send('x'.repeat(1 << 20));
    await raw.whenHeard(/^HTTP\/1\.1 400 Bad Request\r\n/);
    raw.socket.end();
    await raw.closed;
  });

  test('a caller may ask for less than it may have', async () => {
    const expiry = nowSeconds() + 600;
    const { body } = await ask(aTicket({ expiry }));
    expect(verified(body, place).expiry).toBe(expiry);
  });

  test('xmlsec1 finds the signature good, and that of a changed ticket bad', async (context) => {
    skipUnless(context, 'xmlsec1');
    const { body } = await ask(aTicket());
    const key = place.write('public.pem', place.key.publicPem);
    const verify = (text: string) =>
      spawnSync('xmlsec1', ['--verify', '--pubkey-pem', key, place.write('t.xml', text)]).status;
    expect(verify(body)).toBe(0);
    expect(verify(body.replace('id="12"', 'id="13"'))).not.toBe(0);
  });

  test('what is signed is written anew: nothing that was not understood is in it', async () => {
    const { body } = await ask(aTicket({ extra: '<evil a="&lt;slice&gt;"/>' }, ' evil="1"'));
    expect(body).not.toContain('evil');
    expect(verified(body, place).name).toBe('princeton_sirius');
  });

  test('a signature is one line of the log, which is there before the ticket is', async () => {
    const extra = '<delegates><delegate name="del_a" methods="Stop"/></delegates>';
    const { body } = await ask(aTicket({ name: 'mit_dht', extra }));
    const sha256 = createHash('sha256').update(body).digest('hex');
    const line = await signer.line((found) => found['sha256'] === sha256);
    expect(line).toMatchObject({
      msg: 'signed',
      caller: 'local',
      slice: 'mit_dht',
      id: 12,
      expiry: readTicket(Buffer.from(body)).content.expiry,
      nodes: 2,
      node_ids: [17, 18],
      delegations: 1,
      delegated: ['del_a Stop'],
      keys: 0,
      key_fingerprints: [],
    });
  });

  type Refused = readonly [string, number, string, string | Buffer, (Asked | undefined)?];
  const many = Array.from({ length: 70 }, (_, at) => [`x-${at}`, '1']);
  test.each([
    ['another path', 404, 'tickets are signed at /sign', aTicket(), { path: '/' }],
    ['another method', 405, 'by POST', '', { method: 'GET' }],
    ['a compressed body', 415, 'compressed', '', { headers: { 'content-encoding': 'gzip' } }],
    ['too many headers', 431, 'at most 64', '', { headers: Object.fromEntries(many) }],
    [
      'a slice of others',
      403,
      'local may not have slice mit_dhtx signed',
      aTicket({ name: 'mit_dhtx' }),
    ],
    ['nothing', 400, 'it is empty|not well-formed|unclosed', ''],
    ['no XML', 400, 'not well-formed', 'sign this'],
    ['half a ticket', 400, 'not well-formed', aTicket().slice(0, -20)],
    ['two slices', 400, 'more than one <slice>', aSlice() + aSlice({ name: 'mit_dht' })],
    ['no slice', 400, 'it has no <slice>', '<ticket/>'],
    ['a declaration', 400, 'DOCTYPE', `<!DOCTYPE ticket [<!ENTITY a "b">]>${aTicket()}`],
    ['an entity', 400, 'not well-formed', aTicket({ extra: '&a;' })],
    ['a comment', 400, 'comment', aTicket({ extra: '<!-- -->' })],
    ['no UTF-8', 400, 'not UTF-8', Buffer.from(aTicket({ extra: '\u00ff' }), 'latin1')],
    ['an end that has been', 400, 'before it is issued', aTicket({ expiry: 1000 })],
    ['another document', 400, 'the root is <planetlab_slices>', '<planetlab_slices/>'],
    ['a ticket of PLC 4', 400, 'a PGP ticket of PLC 4 or later', '-----BEGIN PGP MESSAGE-----\n'],
    [
      'a ticket of PLC 3',
      400,
      'a ticket of PLC 3',
      `<ticket>${'<SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/>'}</ticket>`,
    ],
  ] as const satisfies readonly Refused[])(
    '%s is refused with one line: %i, %s',
    async (...row) => {
      const [, status, why, body, asked]: Refused = row;
      const answer = await ask(body, asked);
      expect(answer).toMatchObject({ status, type: 'text/plain; charset=utf-8' });
      expect(answer.body).toMatch(new RegExp(why));
      expect(answer.body.trimEnd().split('\n')).toHaveLength(1);
    },
  );

  test('a ticket that is signed already is not signed again', async () => {
    const { body } = await ask(aTicket());
    expect(await ask(body)).toMatchObject({
      status: 400,
      body: expect.stringMatching(/signed already/),
    });
  });

  test('a body that is too large is refused, whether its length is told beforehand or not', async () => {
    const body = aTicket({ extra: ' '.repeat(MAX_TICKET_BYTES) });
    expect(await ask(body)).toMatchObject({
      status: 413,
      body: expect.stringMatching(/at most 262144 bytes/),
    });
    const headers = { 'transfer-encoding': 'chunked' };
    expect(await ask(body, { headers })).toMatchObject({ status: 413 });
  });

  test('a client that ends its side once it has asked still gets its ticket', async () => {
    const body = aTicket();
    const raw = await RawConnection.to({ path: place.socket });
    raw.socket.end(head(body.length) + body);
    await raw.closed;
    expect(raw.heard).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*<\/ticket>\n$/);
  });

  test('a connection carries one request: what follows it is not signed', async () => {
    const one = aTicket({ extra: '<n1/>' });
    const before = signer.lines().filter(({ msg }) => msg === 'signed').length;
    const raw = await RawConnection.to({ path: place.socket });
    raw.send((head(one.length) + one).repeat(3));
    await raw.closed;
    expect(raw.heard.match(/200 OK/g)).toHaveLength(1);
    await ask(aTicket());
    expect(signer.lines().filter(({ msg }) => msg === 'signed')).toHaveLength(before + 2);
  });

  test('what is no HTTP is closed', async () => {
    const raw = await RawConnection.to({ path: place.socket });
    raw.send('\x16\x03\x01\x00\x05hello\r\n\r\n');
    await raw.closed;
    expect(raw.heard).toMatch(/^HTTP\/1\.1 400 |^$/);
  });

  test('whoever is not on the list gets nothing, and is named in the log', async (context) => {
    skipUnless(context, 'root', 'curl'); // Only root can be somebody else.
    const args = ['-sS', '--unix-socket', place.socket, '-d', aTicket(), 'http://x/sign'];
    const { stdout } = spawnSync('curl', args, { uid: 12_345, gid: 12_345, encoding: 'utf8' });
    expect(stdout).toBe('you are not on the list of callers\n');
    await signer.line((line) => line['caller'] === 'uid 12345' && line['status'] === 403);
  });

  test('neither the key nor a ticket is in anything that it says', () => {
    const [, secret = ''] = place.key.privatePem.split('\n');
    expect(signer.said).not.toContain(secret);
    expect(signer.said).not.toMatch(/PRIVATE|SignatureValue/);
  });
});

describe('over TLS', () => {
  const place = new SignerFolder();
  let signer: RunningSigner;
  let port: number;
  let authority: TestAuthority;
  let server: TestIdentity;
  let byFingerprint: TestIdentity;
  let byName: TestIdentity;

  const ask = (identity: TestIdentity | undefined, name = 'princeton_sirius') =>
    askOverTls(port, authority.ca, identity, aTicket({ name }));

  beforeAll(async () => {
    authority = await makeAuthority();
    server = await authority.issue('CN=signer', 'server');
    byFingerprint = await authority.issue('CN=anything', 'client');
    byName = await authority.issue('CN=broker.example.org, O=Brokers', 'client');
    place.write('ca.pem', authority.ca);
    place.write('server.pem', server.cert);
    place.write('server.key', server.key, 0o400);
    place.configure(
      // Longer than any test: what is closed here in time is so as a handshake.
      `[limits]\nrequest_seconds = 300\n[tls]\nport = 0\ncertificate_file = "${place.path('server.pem')}"\n` +
        `key_file = "${place.path('server.key')}"\nclient_ca_file = "${place.path('ca.pem')}"\n` +
        `[[callers]]\nname = "one"\ncertificate_sha256 = "${byFingerprint.fingerprint}"\n` +
        'slices = ["princeton_*"]\n[[callers]]\nname = "broker"\n' +
        'certificate_cn = "broker.example.org"\nslices = ["mit_*"]\n',
    );
    signer = await RunningSigner.start(place.config);
    port = await signer.tlsPort();
  });
  afterAll(async () => {
    await signer.stop();
    place.remove();
  });

  test('a caller is known by the fingerprint of its certificate, another by its name', async () => {
    const [first, second] = await Promise.all([ask(byFingerprint), ask(byName, 'mit_dht')]);
    expect(verified(first.body, place).name).toBe('princeton_sirius');
    expect(verified(second.body, place).name).toBe('mit_dht');
    await signer.line((line) => line['caller'] === 'broker' && line['slice'] === 'mit_dht');
  });

  test('each has its own slices signed, and no other', async () => {
    expect(await ask(byFingerprint, 'mit_dht')).toMatchObject({
      status: 403,
      body: expect.stringMatching(/one may not/),
    });
    expect(await ask(byName)).toMatchObject({
      status: 403,
      body: expect.stringMatching(/broker may not/),
    });
  });

  test('a certificate of the same authority that is not on the list gets nothing', async () => {
    const other = await authority.issue('CN=other', 'client');
    expect(await ask(other)).toMatchObject({
      status: 403,
      body: expect.stringMatching(/not on the list/),
    });
    const two = await authority.issue('CN=broker.example.org, CN=other', 'client');
    expect(await ask(two, 'mit_dht')).toMatchObject({
      status: 403,
      body: expect.stringMatching(/not on the list/),
    });
  });

  test.each([
    ['no certificate', async () => undefined],
    ['an expired one', () => authority.issue('CN=broker.example.org', 'client', -1)],
    ['one for servers', () => authority.issue('CN=broker.example.org', 'server')],
    [
      'one that another authority of the same name has issued',
      async () => (await makeAuthority()).issue('CN=broker.example.org', 'client'),
    ],
  ])('with %s nobody gets as far as to ask', async (_what, make) => {
    await expect(ask(await make(), 'mit_dht')).rejects.toThrow();
  });

  test('nobody is anybody on the Unix socket when no user id is listed', async () => {
    expect(await askOnSocket(place.socket, aTicket())).toMatchObject({ status: 403 });
  });

  test('a client that speaks no TLS is closed, and the others go on', async () => {
    const raw = await RawConnection.to({ port });
    raw.send(head(0));
    await raw.closed;
    expect(raw.heard).not.toContain('200');
    expect(await ask(byFingerprint)).toMatchObject({ status: 200 });
  });

  test('a host that never says who it is keeps out nobody else, and not for long itself', async () => {
    const silent = () => RawConnection.to({ port, localAddress: '127.0.0.9' });
    const held: RawConnection[] = [];
    // More than the server has connections of all, and no more at once than its queue in the kernel takes.
    while (held.length < 600) {
      held.push(...(await Promise.all(Array.from({ length: 100 }, silent))));
      await whenClosed(held, held.length - HANDSHAKES.perAddress);
    }
    expect(await ask(byFingerprint)).toMatchObject({ status: 200 });
    await Promise.all(held.map((raw) => raw.closed));
    expect(held.filter((raw) => raw.heard !== '')).toEqual([]);
  });
});

/** whenClosed resolves when `count` of the connections are. */
function whenClosed(connections: readonly RawConnection[], count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    for (const { closed } of connections) {
      void closed.then(() => {
        left -= 1;
        if (left === 0) resolve();
      });
    }
  });
}

/**
 * Its places come back when the server has seen that the connections are closed. Until then a caller is told
 * to wait, or closed unheard.
 */
async function whenServed(place: SignerFolder): Promise<void> {
  const deadline = AbortSignal.timeout(15_000);
  for (;;) {
    const status = await askOnSocket(place.socket, aTicket()).then(
      (answer) => answer.status,
      (error: NodeJS.ErrnoException) => error.code,
    );
    if (status === 200) return;
    deadline.throwIfAborted();
    expect([408, 429, 'ECONNRESET', 'EPIPE']).toContain(status);
  }
}

describe('within its bounds of time', () => {
  const place = new SignerFolder();
  let signer: RunningSigner;
  const body = aTicket();

  beforeAll(async () => {
    place.configure(`[limits]\nrequest_seconds = 2\nrequests_per_caller = 2\n${localCaller()}`);
    signer = await RunningSigner.start(place.config);
  });
  afterAll(async () => {
    await signer.stop();
    place.remove();
  });

  test.each([
    ['says nothing', ''],
    ['stops in the header', 'POST /sign HTTP/1.1\r\nHost:'],
    ['stops in the body', head(body.length) + body.slice(0, 30)],
  ])('a client that %s is closed in time', async (_what, bytes) => {
    const raw = await RawConnection.to({ path: place.socket });
    raw.send(bytes);
    await raw.closed;
    expect(raw.heard).toMatch(/^HTTP\/1\.1 408 |^$/);
    await whenServed(place);
  });
});

describe('within its bounds of number', () => {
  const place = new SignerFolder();
  let signer: RunningSigner;
  const body = aTicket();
  const open = () => RawConnection.to({ path: place.socket });

  beforeAll(async () => {
    // Longer than any test: nothing here ends because time is up.
    place.configure(`[limits]\nrequest_seconds = 300\nrequests_per_caller = 2\n${localCaller()}`);
    signer = await RunningSigner.start(place.config);
  });
  afterAll(async () => {
    await signer.stop();
    place.remove();
  });

  test('a caller with too many requests under way is told so, and served when they are done', async () => {
    const slow = [await open(), await open()];
    for (const raw of slow) raw.send(head(body.length));
    const busy = await askOnSocket(place.socket, body);
    expect(busy).toMatchObject({ status: 429, body: 'too many of your requests are under way\n' });
    for (const raw of slow) raw.send(body);
    await Promise.all(slow.map((raw) => raw.whenHeard(/200 OK/)));
    await whenServed(place);
  });

  test('a caller with far too many connections is not even told', async () => {
    const all = await Promise.all(Array.from({ length: 11 }, open));
    await Promise.race(all.map((raw) => raw.closed));
    for (const raw of all) raw.socket.destroy();
    await Promise.all(all.map((raw) => raw.closed));
    await whenServed(place);
  });

  test('as many requests as may be are all answered, however large they are', async () => {
    const extra =
      '<rspec><resource name="initscript"><value name="i" type="string">' +
      `${'x&#10;'.repeat(30_000)}</value></resource></rspec>`;
    const large = aTicket({ extra });
    const answers = await Promise.all([
      askOnSocket(place.socket, large),
      askOnSocket(place.socket, large),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('starting and stopping', () => {
  const place = new SignerFolder();
  afterAll(() => place.remove());

  const check = (...args: readonly string[]) => {
    const run = spawnSync(process.execPath, [MAIN, '--config', place.config, ...args], {
      encoding: 'utf8',
      input: '',
    });
    return { status: run.status, said: run.stdout + run.stderr };
  };

  test.each([0o640, 0o644, 0o660])('it does not start with a key of mode %o', (mode) => {
    place.configure(localCaller());
    chmodSync(place.path('key.pem'), mode);
    const expected = {
      status: 78,
      said: expect.stringContaining('nobody but its owner may read it'),
    };
    expect(check()).toEqual(expected);
    expect(check('--check')).toEqual(expected);
    chmodSync(place.path('key.pem'), 0o400);
    expect(check('--check')).toEqual({
      status: 0,
      said: expect.stringContaining('good; 1 callers'),
    });
  });

  test.each([
    ['is public', () => place.key.publicPem],
    ['is none', () => 'hello'],
    ['is too short', () => shortKey()],
  ])('it does not start with a key that %s', (_what, pem) => {
    place.configure(localCaller());
    place.write('key.pem', pem(), 0o600);
    const { status, said } = check('--check');
    expect({ status, said }).toEqual({
      status: 78,
      said: expect.stringContaining('no key to sign with'),
    });
    place.write('key.pem', place.key.privatePem, 0o600);
  });

  test('a key that only root can read is not good for a service that another user runs', (context) => {
    skipUnless(context, 'root'); // Only root can look as somebody else.
    const NOBODY = 65_534;
    place.configure(localCaller());
    place.write('key.pem', place.key.privatePem, 0o400);
    expect(check('--check')).toMatchObject({ status: 0 });
    expect(check('--check', '--user', 'nobody')).toEqual({
      status: 78,
      said: expect.stringMatching(/signing\.key_file: .*key\.pem: EACCES/),
    });
    chownSync(place.path('key.pem'), NOBODY, 0);
    expect(check('--check', '--user', 'nobody')).toMatchObject({ status: 0 });
    expect(check('--check')).toEqual({
      status: 78,
      said: expect.stringContaining(
        `it belongs to the user ${NOBODY}; wants 0, the user of this process`,
      ),
    });
    expect(check('--check', '--user', 'no-such-user')).toEqual({
      status: 78,
      said: expect.stringContaining('cannot look as the user no-such-user'),
    });
    expect(check('--user', 'nobody')).toMatchObject({ status: 1 });
    place.write('key.pem', place.key.privatePem, 0o600);
  });

  test('it says everything that is wrong with its configuration, and what an option is', () => {
    place.configure('[limits]\nrequests = 0\n');
    const { status, said } = check('--check');
    expect(status).toBe(78);
    expect(said.trim().split('\n')).toHaveLength(2);
    expect(check('--nonsense')).toEqual({ status: 1, said: expect.stringContaining('--nonsense') });
    expect(check('--help').said).toMatch(/^usage: nodemgr-ticket-signer/);
  });

  test('a second one on the same socket does not start, and the first goes on', async () => {
    place.configure(localCaller());
    const first = await RunningSigner.start(place.config);
    expect(check()).toEqual({
      status: 1,
      said: expect.stringContaining('another process answers'),
    });
    expect(await askOnSocket(place.socket, aTicket())).toMatchObject({ status: 200 });
    await first.stop();
  });

  test('told to stop, it stops, whoever is still connected', async () => {
    place.configure(localCaller());
    const signer = await RunningSigner.start(place.config);
    const idle = await RawConnection.to({ path: place.socket });
    const half = await RawConnection.to({ path: place.socket });
    half.send(head(10));
    expect(await signer.stop()).toBe(0);
    await Promise.all([idle.closed, half.closed]);
    expect(signer.lines().at(-1)).toMatchObject({ msg: 'stopped' });
  });

  test('it serves the socket that systemd hands over', async (context) => {
    skipUnless(context, 'systemd');
    place.configure(localCaller());
    const handed = place.path('handed.sock');
    const before = ['systemd-socket-activate', '--listen', handed, '--fdname', 'unix'];
    const signer = RunningSigner.launch(place.config, before);
    await signer.listening(handed);
    expect(await askOnSocket(handed, aTicket())).toMatchObject({ status: 200 });
    expect(signer.lines()[0]).toMatchObject({ listening: ['a socket of systemd'] });
    await signer.stop();
  });
});
