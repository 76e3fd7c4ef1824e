import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { aDocument } from '../../support/slices-document.ts';
import { onMachine, stopwatch } from './machine-run.ts';
import { makeKey } from './node-machine.ts';
import { keysOf } from './node-under-test.ts';
import { configure, importImage, installAsker, installPackage, startPlc } from './prepare-node.ts';

const tell = stopwatch();
async function main() {
  const deb = process.argv[2] ?? '';
  await onMachine({ env: process.env, deb, network: 'isolated', tell }, async (own, stopped) => {
    const keys = keysOf(own.place);
    await Promise.all(Object.values(keys).map(makeKey));
    writeFileSync('/tmp/nm/place.json', JSON.stringify({ place: own.place, deb, long: false }));
    const m = await own.booted();
    tell('booted');
    try {
      await installPackage(m, deb);
      tell('installed');
      await installAsker(m);
      await startPlc(m, aDocument());
      tell('plc');
      await configure(m, {
        delegateKeys: [readFileSync(`${keys.delegate}.pub`, 'utf8').trim()],
        pollSeconds: 3600,
        keepFilesSeconds: 3600,
      });
      tell('configured');
      await importImage(m);
      tell('imported');
    } catch (e) {
      console.error(e);
    }
    tell('waiting');
    await m.close();
    await once(stopped, 'abort');
  });
}
main().catch((e) => {
  console.error(e);
  process.exitCode = 1;
});
