// Finds and loads the native addon. It looks beside the code that is running, wherever that is.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { abiComplaint, buildInfoFile, OtherAbiError, readBuildInfo } from './check-abi.ts';
import type { NativeBinding } from './native-binding.ts';

/** Where the addon is, seen from the file that holds this code. */
const PLACES = [
  '../nodemgr.node', // installed: /usr/lib/nodemgr/NAME/program.cjs
  '../../native/nodemgr.node', // built: dist/apps/NAME/main.cjs
  '../../../dist/native/nodemgr.node', // source under vitest: libs/native/src/load-native.ts
] as const;

/** The files that may be the addon for code that lives in the folder `here`, in order. */
export function nativeCandidates(here: string): readonly string[] {
  return PLACES.map((place) => resolve(here, place));
}

/** Loads one addon file; returns its exports, or the reason why there are none. */
function tryLoad(file: string): NativeBinding | Error {
  if (!existsSync(file)) return new Error(`${file}: no such file`);
  // Not require(): esbuild would follow it, and an ES module has none.
  const target: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(target, file);
  } catch (cause) {
    return new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  return target.exports as NativeBinding;
}

/**
 * Loads the addon from the first of `candidates` that can be loaded.
 *
 * Throws an Error that names every file tried and why it would not do; `cause` is an
 * AggregateError of the single reasons.
 */
export function loadNative(candidates: readonly string[]): NativeBinding {
  const reasons: Error[] = [];
  for (const file of candidates) {
    const loaded = tryLoad(file);
    if (!(loaded instanceof Error)) return loaded;
    reasons.push(loaded);
  }
  const tried = reasons.map((reason) => `  ${reason.message}`).join('\n');
  throw new Error(
    `the native addon cannot be loaded; run \`npm run build\`. Tried, for Node.js ${process.version} on ${process.arch}:\n${tried}`,
    { cause: new AggregateError(reasons) },
  );
}

/**
 * The folder of the running code: of the bundle's file, or of this file under vitest, which gives
 * its modules `__dirname` too. `import.meta` is not used: esbuild empties it in a CommonJS bundle.
 */
function codeFolder(): string {
  if (typeof __dirname === 'string') return __dirname;
  throw new Error('the native addon is found only from a CommonJS bundle or under vitest');
}

function makeNative(): () => NativeBinding {
  let loaded: NativeBinding | undefined;
  return () => {
    loaded ??= loadNative(nativeCandidates(codeFolder()));
    return loaded;
  };
}

/**
 * The native addon: loaded at the first call, the same object ever after. A failed load is
 * tried again at the next call. Throws as `loadNative` does.
 */
export const native: () => NativeBinding = makeNative();

/**
 * refuseOtherAbi throws OtherAbiError when the package that this code was installed by was built
 * for another Node.js than the one that runs. The addons that depend on it are loaded late, and complain
 * at length.
 */
export function refuseOtherAbi(): void {
  const built = readBuildInfo(buildInfoFile(codeFolder()));
  if (built === undefined) return;
  const { version, versions, arch } = process;
  const complaint = abiComplaint(built, { version, abi: versions.modules, arch });
  if (complaint !== undefined) throw new OtherAbiError(complaint);
}
