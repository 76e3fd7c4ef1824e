/** A ticket's whole life on a node: delivered by a stranger, with PLC away, up to its end or PLC's own word. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventsAnswer, supervisorOperatorContract } from '@nodemgr/contracts';
import { needs } from '@nodemgr/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { DemoNode } from './support/demo-node.ts';
import { aDocument } from './support/slices-document.ts';
import { nowSeconds, TicketAuthority } from './support/ticket-authority.ts';

const NAME = 'site_ticketed';
const DELEGATE = 'del_snoop';
const root = needs('root');
const asRoot = !root.missing;
/** Whoever is no account of the node's. Only root can be somebody else. */
const NOBODY = asRoot ? 54_321 : undefined;

const authority = new TicketAuthority();
let folder: string;
let document: string;
let node: DemoNode;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tickets-'));
  document = join(folder, 'slices.xml');
  const keys = join(folder, 'ticket-keys.pem');
  writeFileSync(keys, authority.publicPem, { mode: 0o644 });
  publish('site_a');
  vi.stubEnv('NODEMGR_PLC__URL', `file://${document}`);
  vi.stubEnv('NODEMGR_TICKETS__TRUSTED_KEYS_FILE', keys);
  node = await DemoNode.start();
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await node.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** publish replaces what PLC says. */
function publish(...names: readonly string[]): void {
  const rspec = { nm_cpu_share: 9 };
  writeFileSync(`${document}.new`, aDocument(...names.map((name) => ({ name, rspec }))));
  renameSync(`${document}.new`, document);
}

const slivers = async () => (await node.nmctl('slivers')).stdout;
const isRunning = (name: string) =>
  node.eventually(async () => expect(await slivers()).toMatch(new RegExp(`${name} +running`)));
const isGone = (name: string) =>
  node.eventually(async () => expect(await slivers()).toMatch(new RegExp(`${name} +kept`)));

/** Everything that was to follow from what db-service has accepted so far has followed. */
const isInLine = () =>
  node.eventually(async () => {
    const { revision } = (await node.database()).detail;
    const status = await node.ask('account-supervisor', supervisorOperatorContract, 'status');
    expect(status.detail.converged_revision).toBeGreaterThanOrEqual(revision);
  });

/** What happened to a sliver so far. */
async function historyOf(name: string): Promise<EventsAnswer['events']> {
  const { stdout } = await node.nmctl('--json', 'events', name);
  return (JSON.parse(stdout) as EventsAnswer).events;
}

const happened = async (name: string, kind: string) =>
  (await historyOf(name)).filter(({ what }) => what === kind);

async function plcIsAway(): Promise<void> {
  rmSync(document);
  await node.eventually(async () =>
    expect(await node.fetcher()).toMatchObject({ failures: [{ subject: 'PLC' }] }),
  );
}

function uidOf(name: string): number | undefined {
  const passwd = readFileSync(join(node.state, 'machine/etc/passwd'), 'utf8');
  const uid = Number(new RegExp(`^${name}:[^:]*:(\\d+):`, 'm').exec(passwd)?.[1]);
  return asRoot ? uid : undefined;
}

describe('with PLC away, a ticket', () => {
  beforeAll(plcIsAway);

  test('delivered by nobody in particular is one of which CreateSliver makes a sliver', async () => {
    const ticket = authority.sign({
      name: NAME,
      rspec: { nm_cpu_share: 7 },
      delegations: [[DELEGATE, 'CreateSliver']],
    });
    expect(await node.tcp(NOBODY).call('Ticket', ticket)).toBe(NAME);
    expect(await node.unix().call('GetRSpec', NAME)).toHaveProperty('nm_cpu_share', 7);
    const [created] = await happened(NAME, 'record-created');
    expect(created?.why).toContain(`, delivered by ${asRoot ? `uid ${NOBODY}` : 'root'}, `);
    await isInLine();
    expect(await slivers()).not.toMatch(/site_ticketed +running/);
    expect(await node.unix(uidOf(DELEGATE)).call('CreateSliver', NAME)).toBe(1);
    await isRunning(NAME);
  });

  test.skipIf(root.missing)(
    `gives its delegates what it names, and strangers nothing${root.note}`,
    async () => {
      const denied = [108, expect.stringContaining('may not call')];
      expect(await node.unix(uidOf(DELEGATE)).faultOf('Stop', NAME)).toEqual(denied);
      expect(await node.tcp(NOBODY).faultOf('CreateSliver', NAME)).toEqual(denied);
    },
  );

  test('gives the sliver itself every method, Stop and Start as well', async () => {
    const sliver = node.unix(uidOf(NAME));
    expect(await sliver.call('Stop', NAME)).toBe(1);
    await node.eventually(async () => expect(await slivers()).toMatch(/site_ticketed +stopped/));
    expect(await sliver.call('Start', NAME)).toBe(1);
    await isRunning(NAME);
  });

  test('extends the time of the one before, and restarts nothing', async () => {
    const [starts, stops] = [
      await happened(NAME, 'sliver-started'),
      await happened(NAME, 'sliver-stopped'),
    ];
    const expiry = nowSeconds() + 90_000;
    const renewed = authority.sign({
      name: NAME,
      expiry,
      rspec: { nm_cpu_share: 7 },
      delegations: [[DELEGATE, 'CreateSliver']],
    });
    expect(await node.nmctl('call', 'Ticket', renewed)).toMatchObject({ code: 0 });
    const [last] = (await happened(NAME, 'record-changed')).slice(-1);
    expect(last?.why).toMatch(/^expiry \S+ → \S+: a ticket, signed by [0-9a-f]{64}, delivered by /);
    await isRunning(NAME);
    expect(await happened(NAME, 'sliver-started')).toEqual(starts);
    expect(await happened(NAME, 'sliver-stopped')).toEqual(stops);
  });

  test('that is older than one accepted is refused, also after db-service was killed', async () => {
    const before = await node.pidOf('db-service');
    process.kill(before, 'SIGKILL');
    await node.eventually(async () => expect(await node.pidOf('db-service')).not.toBe(before));
    const older = authority.sign({ name: NAME, issued: nowSeconds() - 600 });
    const fault = await node.tcp().faultOf('Ticket', older);
    expect(fault).toEqual([102, expect.stringMatching(/^the ticket is refused: it was issued at/)]);
    await isRunning(NAME);
  });

  test('ends on time, and everything goes with it', async () => {
    const brief = 'site_brief';
    const api = node.tcp();
    // Long enough that it runs before on the slowest machine.
    const expiry = nowSeconds() + 30;
    const ticket = authority.sign({ name: brief, expiry });
    await api.call('Ticket', ticket);
    await api.call('CreateSliver', brief);
    await isRunning(brief);
    await node.eventually(() => expect(nowSeconds()).toBeGreaterThanOrEqual(expiry));
    await isGone(brief);
    expect(await api.faultOf('GetRSpec', brief)).toEqual([102, "no such sliver: 'site_brief'"]);
    expect((await api.faultOf('Ticket', ticket))[1]).toMatch(/^the ticket is refused: it expired/);
  }, 120_000);
});

describe('PLC, back again,', () => {
  beforeEach(() => isRunning(NAME));

  test('touches no ticket’s sliver that its document does not name', async () => {
    publish('site_a', 'site_b');
    await isRunning('site_b');
    await isRunning(NAME);
    expect(await node.tcp().call('GetRSpec', NAME)).toHaveProperty('nm_cpu_share', 7);
  });

  test('takes over a slice that its document names, and does not restart it', async () => {
    const starts = await happened(NAME, 'sliver-started');
    const stops = await happened(NAME, 'sliver-stopped');
    publish('site_a', 'site_b', NAME);
    await node.eventually(async () =>
      expect(await node.tcp().call('GetRSpec', NAME)).toHaveProperty('nm_cpu_share', 9),
    );
    await node.eventually(async () =>
      expect(await happened(NAME, 'record-changed')).toContainEqual(
        expect.objectContaining({ why: expect.stringContaining('source ticket → plc') }),
      ),
    );
    // It stays whatever DeleteSliver says: now it is PLC's.
    expect(await node.tcp().call('DeleteSliver', NAME)).toBe(1);
    await isRunning(NAME);
    expect(await happened(NAME, 'sliver-started')).toEqual(starts);
    expect(await happened(NAME, 'sliver-stopped')).toEqual(stops);
  });

  test('has the last word on its slices: a ticket changes nothing, and cannot bring one back', async () => {
    const ticket = authority.sign({ name: NAME, rspec: { nm_cpu_share: 5 } });
    expect(await node.tcp().call('Ticket', ticket)).toBe(NAME);
    expect(await node.tcp().call('GetRSpec', NAME)).toHaveProperty('nm_cpu_share', 9);
    publish('site_a', 'site_b');
    await isGone(NAME);
    const old = authority.sign({ name: NAME, issued: nowSeconds() - 60 });
    expect((await node.tcp().faultOf('Ticket', old))[1]).toMatch(/a later word on site_ticketed/);
  });
});
