/** Which npm packages are in what is installed, and under which licence. Reads; writes nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { INSTALLED_MODULES } from './node-modules.ts';
import { BUNDLED_APPS } from './program-files.ts';

export interface UsedPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly licence: string;
  /** The text of its licence files; empty when it has none. */
  readonly text: string;
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;

const packageSchema = z.object({ name: z.string(), version: z.string(), license: z.string() });

/** What tools/bundle.mjs has noted of an app. */
function bundledFolders(app: string): readonly string[] {
  const noted: unknown = JSON.parse(readFileSync(join('dist/apps', app, 'packages.json'), 'utf8'));
  return z.array(z.string()).parse(noted);
}

function readPackage(folder: string): UsedPackage {
  const json: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { name, version, license } = packageSchema.parse(json);
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return { name, version, licence: license, text: texts.join('\n\n') };
}

/** usedPackages returns all that is in the bundles `apps` and in `modules`, by name; of a node without them. */
export function usedPackages(
  apps: readonly string[] = BUNDLED_APPS,
  modules: readonly string[] = INSTALLED_MODULES,
): readonly UsedPackage[] {
  const installed = modules.map((name) => join('node_modules', name));
  const folders = new Set([...installed, ...apps.flatMap(bundledFolders)]);
  const used = [...folders].map(readPackage);
  return used.sort((a, b) => (a.name < b.name ? -1 : 1));
}
