/** The programs of the package: bundles, addons and C programs. What is not listed is not installed. */
import { join } from 'node:path';
import { DAEMONS } from '@nodemgr/contracts';
import { nodeModules } from './node-modules.ts';
import type { PackageFile } from './package-file.ts';

/** Where our programs are (libs/config, accounts.sliver_shell; the units). */
export const LIBRARY = 'usr/lib/nodemgr';

const EXECUTABLE = 0o755;
/** Whoever logs in to a sliver enters it as root there, by way of this one program. */
const SETUID = 0o4755;

/** What `make -C native` leaves in dist/native, and the mode that it is installed with. */
export const NATIVE_FILES: Readonly<Record<string, number>> = {
  'nodemgr.node': 0o644,
  forward_api_calls: EXECUTABLE,
  'sliver-shell': SETUID,
  'sliver-run': EXECUTABLE,
  'sliver-init': EXECUTABLE,
  'login-mark': EXECUTABLE,
};

const native = Object.entries(NATIVE_FILES).map(([name, mode]) => ({
  from: join('dist/native', name),
  to: join(LIBRARY, name),
  mode,
  strip: true,
}));

/** Without their source maps: Node.js reads those only when asked to, and names and lines are in the bundles. */
const daemons = DAEMONS.map((name) => ({
  from: join('dist/apps', name, 'main.cjs'),
  to: join(LIBRARY, name, 'main.cjs'),
  mode: 0o644,
}));

const nmctl: readonly PackageFile[] = [
  {
    from: 'dist/apps/nmctl/main.cjs',
    to: join(LIBRARY, 'nmctl/main.cjs'),
    mode: EXECUTABLE,
    prefix: '#!/usr/bin/node\n',
  },
  { to: 'usr/bin/nmctl', target: '../lib/nodemgr/nmctl/main.cjs' },
];

/** The bundles whose parts must be named in the copyright file. */
export const BUNDLED_APPS: readonly string[] = [...DAEMONS, 'nmctl'];

/** programFiles returns all programs. */
export function programFiles(): readonly PackageFile[] {
  return [...daemons, ...nmctl, ...native, ...nodeModules(join(LIBRARY, 'node_modules'))];
}
