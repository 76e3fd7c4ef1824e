/**
 * The npm packages that stay outside of the bundles, because they have a native part, and the files of
 * them that are needed to run. Looks at node_modules; copies nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { PackageFile } from './package-file.ts';

/** Which files of a package its code loads. */
interface NeededFiles {
  readonly name: string;
  readonly files: (folder: string) => readonly string[];
}

function scriptsIn(folder: string, below: string): readonly string[] {
  return readdirSync(join(folder, below), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js') && !name.startsWith('ts3.7'))
    .map((name) => join(below, name))
    .sort();
}

const NEEDED: readonly NeededFiles[] = [
  { name: 'zeromq', files: (folder) => scriptsIn(folder, 'lib') },
  { name: 'cmake-ts', files: () => ['build/loader.js'] },
  {
    name: 'better-sqlite3',
    files: (folder) => [...scriptsIn(folder, 'lib'), 'build/Release/better_sqlite3.node'],
  },
  { name: 'bindings', files: () => ['bindings.js'] },
  { name: 'file-uri-to-path', files: () => ['index.js'] },
];

/** The names of the packages that are installed as such. */
export const INSTALLED_MODULES: readonly string[] = NEEDED.map(({ name }) => name);

const isAddon = (path: string): boolean => path.endsWith('.node');

function filesOf({ name, files }: NeededFiles, to: string): readonly PackageFile[] {
  const folder = join('node_modules', name);
  return ['package.json', ...files(folder)].map((path) => ({
    from: join(folder, path),
    to: join(to, name, path),
    mode: 0o644,
    strip: isAddon(path),
  }));
}

/** The keys of zeromq's manifest are JSON themselves. */
const buildSchema = z.object({
  os: z.string(),
  arch: z.string(),
  libc: z.string(),
  abi: z.number(),
});

export interface Prebuilt {
  /** The manifest of the package, with this build as the only one. */
  readonly manifest: string;
  readonly addon: string;
}

/**
 * choosePrebuilt returns the build of zeromq that its own loader tries first: the newest for this kind of
 * machine. The addon keeps to Node-API, and loads in other Node.js than the one that it was built with.
 * Throws an Error when there is none.
 */
export function choosePrebuilt(manifest: string, arch: string): Prebuilt {
  const entries = Object.entries(z.record(z.string(), z.string()).parse(JSON.parse(manifest)));
  const [best] = entries
    .map(([key, addon]) => ({ key, addon, ...buildSchema.parse(JSON.parse(key)) }))
    .filter((build) => build.os === 'linux' && build.arch === arch && build.libc === 'glibc')
    .sort((a, b) => b.abi - a.abi);
  if (best === undefined) throw new Error(`zeromq has no build for linux, ${arch}, glibc`);
  return { manifest: `${JSON.stringify({ [best.key]: best.addon })}\n`, addon: best.addon };
}

/** zeromqBuild returns the files of its one build that is needed. */
function zeromqBuild(to: string): readonly PackageFile[] {
  const folder = 'node_modules/zeromq/build';
  const manifest = readFileSync(join(folder, 'manifest.json'), 'utf8');
  const chosen = choosePrebuilt(manifest, process.arch);
  const addon = join(to, 'zeromq/build', chosen.addon);
  return [
    { text: chosen.manifest, to: join(to, 'zeromq/build/manifest.json'), mode: 0o644 },
    { from: join(folder, chosen.addon), to: addon, mode: 0o644, strip: true },
  ];
}

/** nodeModules returns the files of node_modules that the daemons and nmctl load, for the folder `to`. */
export function nodeModules(to: string): readonly PackageFile[] {
  return [...NEEDED.flatMap((needed) => filesOf(needed, to)), ...zeromqBuild(to)];
}
