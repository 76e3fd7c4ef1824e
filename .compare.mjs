import { build } from 'esbuild';
import { pathToFileURL } from 'node:url';
const load = async (root, out) => { await build({ stdin: { contents: `export { parseSlicesXml } from './libs/slices-xml/src/index.ts';`, resolveDir: root }, outfile: out, bundle: true, platform: 'node', format: 'esm', tsconfig: root + '/tsconfig.base.json', absWorkingDir: root }); return (await import(pathToFileURL(out).href)).parseSlicesXml; };
const [old, now] = [await load('/tmp/doc-probe/base','/tmp/doc-probe/old.mjs'), await load('/work/wt/doc','/tmp/doc-probe/new.mjs')];
const key = (p) => `<key person_id="${p}" type="ssh" value="ssh-ed25519 ${Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), Buffer.alloc(32, p)]).toString('base64')} u@host"/>`;
const slice = (id) => `  <slice name="site${id}_experiment" id="${id}" expiry="1900000000">\n    <nodes>\n${Array.from({length:500},(_, n)=>`      <node id="${n+1}" hostname="planetlab${n}.cs.university${id%300}.edu"/>\n`).join('')}    </nodes>\n<users><user person_id="${id % 500}"/><user person_id="${(id + 7) % 500}"/></users><rspec><resource name="nm_cpu_share"><value name="v" type="integer">64</value></resource></rspec></slice>\n`;
const bytes = Buffer.from(`<?xml version="1.0"?>\n<planetlab_slices version="0.5">\n${Array.from({length:1000},(_, i)=>slice(i)).join('')}${Array.from({length:500},(_, p)=>key(p)).join('\n')}\n</planetlab_slices>\n`);
const t = { old: [], now: [] };
for (let i = 0; i < 15; i++) for (const [n, f] of [['old', old], ['now', now]]) { const s = performance.now(); const d = f(bytes, 17); t[n].push(performance.now() - s); if (d.slices.length !== 1000) throw new Error('x'); }
for (const [n, v] of Object.entries(t)) { v.sort((a,b)=>a-b); console.log(n, 'median', (bytes.length/1e3/v[7]).toFixed(0), 'MB/s; best', (bytes.length/1e3/v[0]).toFixed(0)); }
