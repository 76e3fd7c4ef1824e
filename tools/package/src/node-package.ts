/** The package `nodemgr`: all that a node needs. */
import { join } from 'node:path';
import type { PackageRecipe } from './package-recipe.ts';
import { programFiles } from './program-files.ts';
import { renderControl, renderTriggers } from './render-control.ts';
import { runCommand } from './run-command.ts';
import { CONFFILES, systemFiles } from './system-files.ts';
import { textFiles } from './text-files.ts';
import { usedPackages } from './used-packages.ts';

/** An addon that cannot be loaded is found here, and not on a node. */
function tryAddons(root: string): void {
  const script = "new (require('better-sqlite3'))(':memory:').close(); require('zeromq');";
  const path = join(root, 'usr/lib/nodemgr/node_modules');
  runCommand(process.execPath, ['--eval', script], {
    from: 'nodejs',
    env: { ...process.env, NODE_PATH: path },
    cwd: '/',
  });
}

export const NODE_PACKAGE: PackageRecipe = {
  name: 'nodemgr',
  scripts: 'tools/package/debian',
  conffiles: CONFFILES,
  triggers: renderTriggers,
  files: (facts) => [...programFiles(), ...systemFiles(), ...textFiles(facts, usedPackages())],
  control: renderControl,
  tryOut: tryAddons,
};
