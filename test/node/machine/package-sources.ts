/** Finds out where this machine has its Debian packages from, and how it reaches those places. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderAptSettings, renderSources, type SourceFile, SUITE } from './render-sources.ts';
import { runWell } from './run-command.ts';

const LIST = '/etc/apt/sources.list';
const FOLDER = '/etc/apt/sources.list.d';

/** What a Debian system is built from. */
export interface PackageSources {
  /** Lines of a sources.list. */
  readonly lines: readonly string[];
  /** Settings of apt that reaching them takes. */
  readonly aptSettings: string;
}

function sourceFiles(): readonly SourceFile[] {
  const inFolder = existsSync(FOLDER) ? readdirSync(FOLDER).sort() : [];
  const names = [LIST, ...inFolder.map((name) => join(FOLDER, name))];
  return names
    .filter((name) => /\.(list|sources)$/.test(name) && existsSync(name))
    .map((name) => ({ name, text: readFileSync(name, 'utf8') }));
}

function codename(): string {
  const release = readFileSync('/etc/os-release', 'utf8');
  return /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(release)?.[1] ?? '';
}

/** packageSources reads this machine's own, for another release of Debian; throws when no archive of Debian's is among them. */
export async function packageSources(wanted: string = SUITE): Promise<PackageSources> {
  const lines = renderSources(sourceFiles(), codename(), wanted);
  if (lines.length === 0) {
    throw new Error(
      `no archive of Debian's is named in ${LIST} or ${FOLDER}: there is nothing to build ${wanted} from`,
    );
  }
  return { lines, aptSettings: renderAptSettings(await runWell(['apt-config', 'dump'])) };
}
