/** The gateway is restarted and killed while a tenant calls it without a pause, and cannot start while one does. */
import { readFileSync } from 'node:fs';
import { gatewayOperatorContract } from '@nodemgr/contracts';
import { PAUSE_MS } from '@nodemgr/daemon';
import { beforeAll, expect, test } from 'vitest';
import { eventually } from './machine/eventually.ts';
import { CONFIG_FILE } from './machine/render-config.ts';
import { theTestbed } from './the-node.ts';

const CALLER = 'lab_s01';
const UNIT = 'nodemgr-api-gateway.service';
const [STOP, OUTPUT] = ['/root/stop-calling', '/root/called.json'];
const node = theTestbed();

/** What calling_client.py tells. */
interface Told {
  /** Made by each of its clients. */
  readonly calls: readonly number[];
  readonly again: number;
  readonly refused: readonly string[];
  readonly lost: readonly string[];
}

const gateway = () => node.ask('api-gateway', gatewayOperatorContract, 'status', {});

/** callsMade waits until the gateway that runs now has answered some of what is called. */
async function callsMade(notBy?: number): Promise<number> {
  return eventually(async () => {
    const { pid, detail } = await gateway();
    if (pid === notBy) throw new Error(`the gateway is still the process ${pid}`);
    if (detail.calls < 50) throw new Error(`only ${detail.calls} calls yet`);
    return pid;
  });
}

async function startCalling(): Promise<void> {
  const input = readFileSync('test/support/calling_client.py');
  await node.inWell(CALLER, 'cat > /root/calling.py', { input });
  await node.inWell(CALLER, `rm -f ${STOP} ${OUTPUT}`);
  const args = `${CALLER} ${STOP} ${OUTPUT} /run/nodemgr/api.sock 812`;
  const command = `setsid python3 /root/calling.py ${args} </dev/null >/root/calling.log 2>&1 &`;
  await node.inWell(CALLER, command);
}

async function stopCalling(): Promise<Told> {
  await node.inWell(CALLER, `touch ${STOP}`);
  return eventually(async () => JSON.parse(await node.inWell(CALLER, `cat ${OUTPUT}`)) as Told);
}

beforeAll(startCalling);

test('restarted and killed under load, it refuses no connection and loses no call that is made once more', async () => {
  let pid = await callsMade();
  for (const how of ['restart', 'restart', 'kill --signal=KILL', 'restart']) {
    await node.machine.root(['systemctl', ...how.split(' '), UNIT]);
    pid = await callsMade(pid);
  }
  const { calls, again, refused, lost } = await stopCalling();
  console.log(`calls ${calls.join(', ')}; made once more ${again}`);
  expect(lost).toEqual([]);
  expect(refused).toEqual([]);
  for (const made of calls) expect(made).toBeGreaterThan(10);
});

/** Connects to the API's socket and leaves, twice a second, for argv[1] seconds. */
const CONNECT_AND_LEAVE = `
import socket, sys, time
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect('/run/nodemgr/api/api.sock')
    time.sleep(0.5)
`;

test('with a misspelt key in nodemgr.toml, callers that connect and leave start it no more often than it pauses', async () => {
  const { machine } = node;
  const good = await machine.read(CONFIG_FILE);
  const refusals = async () =>
    (await machine.journal(UNIT, '--output=cat')).match(/misspelt/g)?.length ?? 0;
  await machine.write(CONFIG_FILE, `${good}\n[misspelt]\nkey = 1\n`);
  const since = performance.now();
  expect(await machine.ssh(['systemctl', 'restart', UNIT])).toMatchObject({ code: 1 });
  await machine.root(['python3', '-c', CONNECT_AND_LEAVE, '30']);
  const told = await refusals();
  const pauses = (performance.now() - since) / PAUSE_MS;
  expect(told).toBeGreaterThan(0);
  expect(told).toBeLessThanOrEqual(2 + pauses);
  await machine.write(CONFIG_FILE, `${good}\n`);
  expect(await eventually(() => node.api.call('GetLoans', CALLER))).toEqual(expect.anything());
  expect((await gateway()).detail.calls).toBeGreaterThan(0);
});
