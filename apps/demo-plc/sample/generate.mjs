// Writes the sample testbed, slices.xml, to standard output: the same one every time. After a change
// here: node apps/demo-plc/sample/generate.mjs > apps/demo-plc/sample/slices.xml
import { createHash } from 'node:crypto';

const ISSUED = 1_750_000_000;
const YEAR_2040 = Date.UTC(2040, 0, 1) / 1000;
const YEAR_2031 = Date.UTC(2031, 5, 1) / 1000;
const NODES = 300;
/** The node that the demo runs as. */
const DEMO_NODE = 17;
const MBIT = 1_000_000;

/** Bytes that look random and are the same every time. */
function bytesOf(seed, length) {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, n) =>
    createHash('sha256').update(`${seed} ${n}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

/** A number from 0 to `below`, not including it. */
const numberOf = (seed, below) => bytesOf(seed, 4).readUInt32BE(0) % below;

const SITES = {
  princeton: 'cs.princeton.edu',
  mit: 'csail.mit.edu',
  uw: 'cs.washington.edu',
  ucb: 'eecs.berkeley.edu',
  cmu: 'cs.cmu.edu',
  rice: 'cs.rice.edu',
  umd: 'cs.umd.edu',
  utah: 'flux.utah.edu',
  cornell: 'cs.cornell.edu',
  umich: 'eecs.umich.edu',
  caltech: 'cs.caltech.edu',
  columbia: 'cs.columbia.edu',
  duke: 'cs.duke.edu',
  gatech: 'cc.gatech.edu',
  upenn: 'seas.upenn.edu',
  ucsd: 'ucsd.edu',
  wisconsin: 'cs.wisc.edu',
  arizona: 'cs.arizona.edu',
  epfl: 'epfl.ch',
  inria: 'inria.fr',
  huji: 'cs.huji.ac.il',
  tkn: 'tu-berlin.de',
  cambridge: 'cl.cam.ac.uk',
  vu: 'cs.vu.nl',
  upc: 'ac.upc.edu',
  kaist: 'kaist.ac.kr',
  tokyo: 'u-tokyo.ac.jp',
  unsw: 'cse.unsw.edu.au',
  ufmg: 'dcc.ufmg.br',
  intel: 'intel-research.net',
};
const SITE_NAMES = Object.keys(SITES);

/**
 * [name, on the demo node, resources that differ from the defaults]. `_start` is the initscript. `ticket`:
 * PLC does not instantiate it there; a ticket may.
 */
const SLICES = [
  ['princeton_sirius', true, { nm_cpu_share: 64, nm_cpu_guaranteed_share: 250 }],
  ['princeton_eisentest', true, { nm_cpu_share: 32, nm_tasks_max: 2048 }],
  [
    'princeton_codeen',
    true,
    { nm_cpu_guaranteed_share: 100, nm_net_max_rate: 50 * MBIT, nm_net_share: 4 },
  ],
  ['princeton_coblitz', true, { nm_disk_quota: 20_000_000, nm_net_exempt_max_rate: 200 * MBIT }],
  ['princeton_comon', true, { nm_cpu_share: 8, nm_net_min_rate: 64_000, _start: true }],
  ['uw_pluto', true, { nm_cpu_share: 48, nm_mem_max: 1_048_576 }],
  ['mit_dht', true, { nm_net_min_rate: 1 * MBIT, nm_net_exempt_min_rate: 1 * MBIT }],
  ['mit_ron', true, { nm_net_max_rate: 10 * MBIT, nm_net_exempt_max_rate: 50 * MBIT }],
  ['ucb_bamboo', true, { nm_cpu_share: 40, nm_disk_quota: 8_000_000 }],
  ['ucb_opendht', true, { nm_cpu_guaranteed_share: 50, nm_mem_max: 524_288 }],
  [
    'cmu_esm',
    true,
    {
      nm_net_max_rate: 20 * MBIT,
      nm_net_share: 2,
      nm_net_max_byte: 10_800_000_000,
      nm_net_max_thresh_byte: 9_000_000_000,
    },
  ],
  ['rice_pastry', true, { nm_enabled: 0 }],
  ['umd_sidecar', true, { nm_tasks_max: 512, nm_cpu_max: 500 }],
  ['utah_emulab', true, { nm_cpu_share: 128, nm_cpu_guaranteed_share: 100, nm_cpu_cores: 0 }],
  ['cornell_beehive', true, { nm_net_exempt_min_rate: 128_000 }],
  ['umich_probe', true, { nm_cpu_share: 4, nm_net_max_rate: 2 * MBIT }],
  ['duke_sharp', true, { nm_disk_quota: 2_000_000, nm_enabled: 1, nm_io_write_max: 20_000_000 }],
  ['gatech_rain', true, {}],
  [
    'upenn_antidns',
    true,
    { nm_net_share: 3, nm_net_max_exempt_byte: 40e9, nm_net_max_thresh_exempt_byte: 20e9 },
  ],
  ['epfl_pgrid', true, { nm_cpu_share: 24, nm_mem_max: 262_144, nm_mem_min: 65_536 }],
  ['inria_etomic', true, { nm_net_min_rate: 256_000, nm_io_weight: 200 }],
  ['huji_eval', true, {}],
  ['cambridge_xeno', true, { nm_cpu_guaranteed_share: 20, nm_io_read_max: 50_000_000 }],
  ['intel_iris', true, { nm_disk_quota: 10_000_000, nm_tasks_max: 8192 }],
  ['uw_ah', false, { nm_cpu_share: 16 }],
  ['uw_rocketfuel', false, {}],
  ['mit_overqos', false, { nm_net_share: 2 }],
  ['cmu_irislog', false, { nm_mem_max: 131_072 }],
  ['caltech_netlab', false, { nm_net_max_rate: 100 * MBIT }],
  ['columbia_mobi', false, {}],
  ['ucsd_moara', 'ticket', { nm_cpu_share: 64 }],
  ['wisconsin_stork', false, { nm_disk_quota: 50_000_000 }],
  ['arizona_stork', false, { nm_cpu_guaranteed_share: 300 }],
  ['tkn_sip', false, {}],
  ['vu_globule', false, { nm_net_exempt_max_rate: 20 * MBIT }],
  ['upc_plab', false, { nm_tasks_max: 1024 }],
  ['kaist_ring', false, {}],
  ['tokyo_wide', false, { nm_enabled: 0 }],
  ['unsw_topo', false, { nm_cpu_share: 12 }],
  ['ufmg_measure', false, {}],
];
/** princeton_sirius is slice 12; the others are numbered from there. */
const FIRST_ID = 12;

const INITSCRIPT = `#!/bin/sh
# Collects this node's load every minute. Called as: rc.vinit start|restart|stop SLICE
[ "$1" = start ] || exit 0
mkdir -p /var/log/comon && [ -w /var/log/comon ] || exit 1
while sleep 60; do cat /proc/loadavg >> /var/log/comon/load; done &
`;

const PEOPLE = 64;
const GIVEN = [
  'dave',
  'larry',
  'andy',
  'mei',
  'tom',
  'ines',
  'ravi',
  'anna',
  'jeff',
  'yuki',
  'sean',
  'lena',
  'omar',
  'kate',
  'paul',
  'nora',
];

function personOf(id) {
  const site = SITE_NAMES[id % SITE_NAMES.length];
  return { id, email: `${GIVEN[(id * 7) % GIVEN.length]}${id}@${SITES[site]}` };
}

const sized = (bytes) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** A public key that has the right form and that nobody has the other half of. */
function keyOf(type, seed, email) {
  const modulus = bytesOf(seed, 256);
  modulus[0] |= 0x80;
  const parts =
    type === 'ssh-ed25519'
      ? [bytesOf(seed, 32)]
      : [Buffer.from([1, 0, 1]), Buffer.concat([Buffer.alloc(1), modulus])];
  const blob = Buffer.concat([Buffer.from(type), ...parts].map(sized));
  return `${type} ${blob.toString('base64')} ${email}`;
}

function keysOf({ id, email }) {
  return Array.from({ length: 1 + numberOf(`keys of ${id}`, 3) }, (_, n) =>
    keyOf(n % 2 === 0 ? 'ssh-ed25519' : 'ssh-rsa', `key ${n} of ${id}`, email),
  );
}

/** Node 17 is at the first site, like the first node. */
function hostnameOf(id) {
  const site = id === DEMO_NODE ? 'princeton' : SITE_NAMES[(id - 1) % SITE_NAMES.length];
  const host = id === DEMO_NODE ? 17 : Math.ceil(id / SITE_NAMES.length);
  return `planetlab${host}.${SITES[site]}`;
}

const escapeXml = (text) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

function resourceXml(name, type, value) {
  return `      <resource name="${name}"><value name="${name.replace(/^nm_/, '')}" type="${type}">${escapeXml(String(value))}</value></resource>`;
}

const nodeXml = (id) => `      <node id="${id}" hostname="${hostnameOf(id)}"/>`;

function nodesXml(name, onDemoNode) {
  const share = 20 + numberOf(`nodes of ${name}`, 60);
  const ids = Array.from({ length: NODES }, (_, n) => n + 1).filter((id) =>
    id === DEMO_NODE ? onDemoNode === true : numberOf(`${name} on ${id}`, 100) < share,
  );
  return ids.map(nodeXml).join('\n');
}

/** What demo-plc gives tickets for; a node ignores it. */
function ticketNodesXml(onDemoNode) {
  if (onDemoNode !== 'ticket') return '';
  return `
    <ticket_nodes>
${nodeXml(DEMO_NODE)}
    </ticket_nodes>`;
}

function usersXml(name) {
  const count = 1 + numberOf(`users of ${name}`, 5);
  const ids = Array.from({ length: count }, (_, n) => 1 + numberOf(`user ${n} of ${name}`, PEOPLE));
  return [...new Set(ids)]
    .map(personOf)
    .map(({ id, email }) => `      <user person_id="${id}" email="${email}"/>`)
    .join('\n');
}

function sliceXml([name, onDemoNode, { _start, ...resources }], place) {
  const expiry = place % 13 === 12 ? YEAR_2031 : YEAR_2040;
  const rspec = Object.entries(resources).map(([key, value]) => resourceXml(key, 'integer', value));
  if (_start) rspec.push(resourceXml('initscript', 'string', INITSCRIPT));
  return `  <slice name="${name}" id="${FIRST_ID + place}" expiry="${expiry}">
    <timestamp value="${ISSUED}"/>
    <nodes>
${nodesXml(name, onDemoNode)}
    </nodes>${ticketNodesXml(onDemoNode)}
    <users>
${usersXml(name)}
    </users>
    <rspec>
${rspec.join('\n')}
    </rspec>
  </slice>`;
}

const people = Array.from({ length: PEOPLE }, (_, n) => personOf(n + 1));
const keys = people.flatMap((person) =>
  keysOf(person).map((key) => `  <key person_id="${person.id}" type="ssh" value="${key}"/>`),
);

process.stdout.write(`<?xml version="1.0" encoding="UTF-8"?>
<!-- A made-up testbed. Nobody has the private halves of these keys. -->
<planetlab_slices version="0.5" xmlns="http://www.planet-lab.org/xml">
${SLICES.map(sliceXml).join('\n')}
${keys.join('\n')}
</planetlab_slices>
`);
