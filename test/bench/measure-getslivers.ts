/** How long an answer of GetSlivers takes from PLC's last byte to db-service, and the memory that it costs. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CALL, signNodeCall } from '@nodemgr/getslivers';
import { encodeCall } from '@nodemgr/xml-rpc';
import { documentXml, NODE_ID, sliceXml } from '../support/slices-document.ts';
import { printTable } from './report.ts';
import { makeFolder, RunningNode, sliverName } from './running-node.ts';
import { median } from './statistics.ts';

const SLIVERS = 1000;
const KEYS = 10;
const ROUNDS = 5;
/** Persons, of whom each slice has ten. */
const PERSONS = 200;

/** A key as ssh-keygen writes one: a type, 32 bytes after it, and whose it is. */
function aKey(person: number): string {
  const name = Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0 ', 'latin1');
  const blob = Buffer.concat([name, Buffer.alloc(32, person + 1)]);
  const value = `ssh-ed25519 ${blob.toString('base64')} u${person}@example.org`;
  return `<key person_id="${person}" type="ssh" value="${value}"/>`;
}

function keyedDocument(share: number): string {
  const slices = Array.from({ length: SLIVERS }, (_, number) =>
    sliceXml({
      name: sliverName(number),
      id: number + 1,
      users: Array.from({ length: KEYS }, (_, at) => (number + at * 17) % PERSONS),
      rspec: {
        nm_cpu_share: share,
        nm_net_share: 2,
        nm_disk_quota: 4_000_000,
        nm_mem_max: 262_144,
      },
    }),
  );
  return documentXml(...slices, ...Array.from({ length: PERSONS }, (_, person) => aKey(person)));
}

/** Asks PLC as the node does, and does nothing with the answer: the time and the size are the server's own. */
async function askPlc(folder: string): Promise<{ ms: number; bytes: number }> {
  const from = performance.now();
  const body = encodeCall(CALL, [signNodeCall(NODE_ID, keyOf(folder))]);
  const answer = await new Promise<Buffer>((resolve, reject) => {
    const options = { method: 'POST', ca: readFileSync(join(folder, 'ca.pem')), agent: false };
    const headers = { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) };
    const url = readFileSync(join(folder, 'url'), 'utf8').trim();
    const sent = request(`${url}/PLCAPI/`, { ...options, headers }, (response) => {
      buffer(response).then(resolve, reject);
    });
    sent.on('error', reject).end(body);
  });
  return { ms: performance.now() - from, bytes: answer.length };
}

const keyOf = (folder: string): string => readFileSync(join(folder, 'node.key'), 'utf8').trim();

/** The most that a process has had in RAM so far (MiB). */
function peakMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** measureGetSlivers prints what a changed answer costs beyond the server's own time. */
export async function measureGetSlivers(): Promise<void> {
  const { folder, remove } = makeFolder('getslivers');
  const flags = ['--plc', 'getslivers'];
  const node = await RunningNode.start(folder, SLIVERS, { document: keyedDocument(32), flags });
  try {
    const own: number[] = [];
    const whole: number[] = [];
    let bytes = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const asked = await askPlc(join(node.state, 'demo-plc'));
      own.push(asked.ms);
      bytes = asked.bytes;
      const revision = await node.revision();
      node.publish(keyedDocument(33 + round));
      const from = performance.now();
      await node.fetch();
      await node.past(revision);
      whole.push(performance.now() - from);
    }
    const pid = node.pids().get('plc-fetcher') ?? 0;
    const row = [
      `${SLIVERS} slivers, ${KEYS} keys, all changed`,
      ...[bytes / 1e6, median(own), median(whole), median(whole) - median(own), peakMiB(pid)],
    ];
    printTable(
      `GetSlivers, fetched, mapped and delivered; medians of ${ROUNDS}`,
      "under 1000 ms beyond the server's own time, 150 MiB at the most",
      ['', 'MB', "the server's ms", 'in all ms', 'beyond ms', 'peak MiB'],
      [row],
    );
  } finally {
    await node.stop();
    remove();
  }
}
