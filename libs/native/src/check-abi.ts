// Whether the Node.js that runs is the one that the installed native addons were built for.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** What the package notes of its own making (tools/package, build-facts.ts). */
export interface BuildInfo {
  readonly version: string;
  /** process.versions.modules of the Node.js that the addons were built for. */
  readonly node_abi: string;
  /** Its process.arch. */
  readonly arch: string;
}

/** What runs now. */
export interface RunningNode {
  readonly version: string;
  readonly abi: string;
  readonly arch: string;
}

/** OtherAbiError says in one line that the package was built for another Node.js. */
export class OtherAbiError extends Error {
  override readonly name = 'OtherAbiError';
}

/** Beside the folder of the running bundle: /usr/lib/nodemgr/build-info.json. */
export function buildInfoFile(here: string): string {
  return resolve(here, '../build-info.json');
}

/** readBuildInfo returns what `file` says; undefined where there is none: a checkout builds for itself. */
export function readBuildInfo(file: string): BuildInfo | undefined {
  try {
    // Written by our own package, and dpkg's to guard.
    return JSON.parse(readFileSync(file, 'utf8')) as BuildInfo;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${file} cannot be read`, { cause: error });
  }
}

/** abiComplaint returns what is wrong with `running` for a package that `built` tells of, in one line. */
export function abiComplaint(built: BuildInfo, running: RunningNode): string | undefined {
  if (built.node_abi === running.abi && built.arch === running.arch) return undefined;
  return (
    `nodemgr ${built.version} was built for Node.js with ABI ${built.node_abi} (${built.arch}), and ` +
    `this is ${running.version} with ABI ${running.abi} (${running.arch}): ` +
    'install the nodemgr that goes with it'
  );
}
