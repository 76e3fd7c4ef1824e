/** The database on a file system without shared memory maps: a real one, of FUSE (bindfs). */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '@nodemgr/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  aSliver,
  deliverFresh,
  openService,
  SILENT,
  temporaryFolder,
} from '../test-support/builders.test-support.ts';
import { loadState } from './load-state.ts';

const PAGE = 4096;
const SLIVERS = Array.from({ length: 200 }, (_, at) => aSliver({ name: `s_${at}` }));
const { missing, note } = needs('root', 'bindfs', 'a kernel with FUSE');

let mounted: string;
let file: string;

beforeEach(() => {
  if (missing) return;
  const folder = temporaryFolder();
  mounted = join(folder, 'mounted');
  for (const each of ['source', 'mounted']) mkdirSync(join(folder, each));
  // Direct I/O is what takes shared maps away.
  execFileSync('bindfs', ['-o', 'direct_io', join(folder, 'source'), mounted]);
  file = join(mounted, 'db', 'nodemgr.sqlite');
});
afterEach(() => {
  if (!missing) execFileSync('umount', [mounted]);
});

/** Leaves the database of a node that has been in use. */
function fill(): void {
  const service = openService(file);
  deliverFresh(service, SLIVERS);
  service.loaded.store.close();
}

function load() {
  const { store, ...loaded } = loadState(file, SILENT);
  store.close();
  return loaded;
}

describe.skipIf(missing)(`without shared memory maps${note}`, () => {
  test('a database is made, written, and opened again as it was', () => {
    fill();
    const { state, salvage } = load();
    expect(state.records.size).toBe(SLIVERS.length);
    expect(salvage).toBeUndefined();
  });

  test('what was committed and is only in the log is there after the process was killed', () => {
    const service = openService(file);
    deliverFresh(service, SLIVERS);
    const left = ['', '-wal'].map((side) => [side, readFileSync(file + side)] as const);
    service.loaded.store.close();
    for (const [side, bytes] of left) writeFileSync(file + side, bytes);
    expect(load().state.records.size).toBe(SLIVERS.length);
  });

  test('a damaged database gives its readable rows, and leaves no copy behind', () => {
    fill();
    const bytes = readFileSync(file);
    const middle = Math.floor(bytes.length / PAGE / 2) * PAGE;
    bytes.fill(7, middle, middle + PAGE);
    writeFileSync(file, bytes);
    const { state, salvage } = load();
    expect(salvage?.set_aside).toContain('.damaged-');
    expect(state.records.size).toBeGreaterThan(0);
    expect(readdirSync(join(mounted, 'db')).filter((name) => name.includes('salvage'))).toEqual([]);
  });
});
