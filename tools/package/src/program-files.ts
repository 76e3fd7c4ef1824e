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

/** The bundles that are installed, whose parts must be named in the copyright file. */
export const BUNDLED_APPS: readonly string[] = [...DAEMONS, 'nmctl'];

/** Without their source maps: Node.js reads those only when asked to, and names and lines are in the bundles. */
const bundles = BUNDLED_APPS.map((name) => ({
  from: join('dist/apps', name, 'main.cjs'),
  to: join(LIBRARY, name, 'program.cjs'),
  mode: 0o644,
}));

/** What starts them, and what keeps the code that Node.js makes of them: the postinst runs it. */
const START = 'tools/package/start';
const starters: readonly PackageFile[] = [
  ...DAEMONS.map((name) => ({
    from: join(START, 'main.cjs'),
    to: join(LIBRARY, name, 'main.cjs'),
    mode: 0o644,
  })),
  {
    from: join(START, 'main.cjs'),
    to: join(LIBRARY, 'nmctl/main.cjs'),
    mode: EXECUTABLE,
    prefix: '#!/usr/bin/node\n',
  },
  { to: 'usr/bin/nmctl', target: '../lib/nodemgr/nmctl/main.cjs' },
  { from: join(START, 'make-code.cjs'), to: join(LIBRARY, 'make-code.cjs'), mode: 0o644 },
];

/** programFiles returns all programs. */
export function programFiles(): readonly PackageFile[] {
  return [...bundles, ...starters, ...native, ...nodeModules(join(LIBRARY, 'node_modules'))];
}
