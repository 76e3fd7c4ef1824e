// Measures the budget 'a slices.xml of 30 MB at 150 MB/s or more', beside the peers that read the
// same document in the same run: fast-xml-parser (whole tree; without <nodes>) and saxes (no tree).
import { mkdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { XMLParser } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';

const SLICES = 1000;
const NODES = 500;
const RUNS = 7;
const BUDGET = 150;
const OUTFILE = 'dist/bench/slices-xml.mjs';

mkdirSync('dist/bench', { recursive: true });
await build({
  stdin: {
    contents: `export { parseSlicesXml, recordsFromSlices } from './libs/slices-xml/src/index.ts';`,
    resolveDir: process.cwd(),
  },
  outfile: OUTFILE,
  bundle: true,
  platform: 'node',
  format: 'esm',
  tsconfig: 'tsconfig.base.json',
});
const { parseSlicesXml, recordsFromSlices } = await import(pathToFileURL(OUTFILE).href);

/** A document in which our node, 17, is in every slice's list. */
function largeDocument({ name = 'site' } = {}) {
  const key = (person) => {
    const blob = Buffer.concat([
      Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'),
      Buffer.alloc(32, person),
    ]);
    return `<key person_id="${person}" type="ssh" value="ssh-ed25519 ${blob.toString('base64')} u@host"/>`;
  };
  const slice = (id) => {
    const nodes = Array.from(
      { length: NODES },
      (_, n) =>
        `      <node id="${n + 1}" hostname="planetlab${n}.cs.university${id % 300}.edu"/>\n`,
    );
    return `  <slice name="${name}${id}_experiment" id="${id}" expiry="1900000000">
    <nodes>\n${nodes.join('')}    </nodes>
    <users><user person_id="${id % 500}"/><user person_id="${(id + 7) % 500}"/></users>
    <rspec><resource name="nm_cpu_share"><value name="v" type="integer">64</value></resource></rspec>
  </slice>\n`;
  };
  const slices = Array.from({ length: SLICES }, (_, id) => slice(id)).join('');
  const keys = Array.from({ length: 500 }, (_, person) => key(person)).join('\n');
  return Buffer.from(
    `<?xml version="1.0"?>\n<planetlab_slices version="0.5">\n${slices}${keys}\n</planetlab_slices>\n`,
  );
}

const bytes = largeDocument();
// One letter outside ASCII in a million makes a string of two bytes a character for the peers.
const accented = Buffer.from(bytes.toString().replace('u@host', 'ü@host'));
const contenders = {
  'parseSlicesXml + records': () => {
    const document = parseSlicesXml(bytes, 17);
    if (!document.ok || document.remarks.length > 0) throw new Error(JSON.stringify(document));
    return recordsFromSlices(document, 1_700_000_000, []).length;
  },
  'the same, not ASCII': () => {
    const document = parseSlicesXml(accented, 17);
    return document.ok ? document.slices.length : 0;
  },
  'the same, a node of no slice': () => parseSlicesXml(bytes, 99_999).totals.slices,
  'fast-xml-parser, no <nodes>': () =>
    new XMLParser({ ignoreAttributes: false, stopNodes: ['*.nodes'] }).parse(bytes.toString())
      .planetlab_slices.slice.length,
  saxes: () => {
    let slices = 0;
    const parser = new SaxesParser();
    parser.on('opentag', ({ name }) => {
      if (name === 'slice') slices += 1;
    });
    parser.write(bytes.toString()).close();
    return slices;
  },
  'fast-xml-parser, whole tree': () =>
    new XMLParser({ ignoreAttributes: false }).parse(bytes.toString()).planetlab_slices.slice
      .length,
};

function timed(run) {
  const start = performance.now();
  const slices = run();
  const took = performance.now() - start;
  if (slices !== SLICES) throw new Error(`${slices} slices instead of ${SLICES}`);
  return took;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

// Taken in turn, so that a machine that slows down slows all of them down.
const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let run = 0; run < RUNS; run += 1) {
  for (const [name, contender] of Object.entries(contenders)) times[name].push(timed(contender));
}

const megabytes = bytes.length / 1e6;
const [ours = 0] = Object.values(times).map(median);
console.log(
  `${megabytes.toFixed(1)} MB, ${SLICES} slices, ${SLICES * NODES} nodes; medians of ${RUNS} runs`,
);
for (const [name, taken] of Object.entries(times)) {
  const ms = median(taken);
  const rate = (megabytes / ms) * 1000;
  console.log(
    `${name.padEnd(30)} ${ms.toFixed(0).padStart(6)} ms ${rate.toFixed(0).padStart(6)} MB/s ${(ms / ours).toFixed(1).padStart(6)}x`,
  );
}
const rate = (megabytes / ours) * 1000;
// Whoever shares an id is told of another: as many as share it, and none is looked for among them.
const MANY = 20_000;
const manySlices = (idOf) => {
  const slice = (n) =>
    `<slice name="site_${n}" id="${idOf(n)}"><nodes>${n % 2 ? '<node id="17"/>' : ''}</nodes></slice>\n`;
  const slices = Array.from({ length: MANY }, (_, n) => slice(n)).join('');
  return Buffer.from(`<planetlab_slices>${slices}</planetlab_slices>`);
};
const documents = { 'ids of their own': manySlices((n) => n), 'one id': manySlices(() => 1) };
const took = Object.fromEntries(Object.keys(documents).map((name) => [name, []]));
for (let run = 0; run < RUNS; run += 1) {
  for (const [name, document] of Object.entries(documents)) {
    const start = performance.now();
    if (!parseSlicesXml(document, 17).ok) throw new Error(name);
    took[name].push(performance.now() - start);
  }
}
const [alone = 0] = Object.values(took).map(median);
for (const [name, taken] of Object.entries(took)) {
  const ms = median(taken);
  const label = `${MANY} slices, ${name}`.padEnd(37);
  console.log(`${label}${ms.toFixed(0)} ms ${(ms / alone).toFixed(1)}x`);
}
console.log(`budget ${BUDGET} MB/s: ${rate >= BUDGET ? 'kept' : 'MISSED'}`);
