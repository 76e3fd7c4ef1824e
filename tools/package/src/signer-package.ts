/** The package `nodemgr-ticket-signer`: the signing server, for an authority, apart from any node. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { signerKeys } from '../../../apps/ticket-signer/src/config/signer-keys.ts';
import type { BuildFacts } from './build-facts.ts';
import { type DescribedTable, describeTables } from './config-tables.ts';
import type { MadeFile, PackageFile } from './package-file.ts';
import type { PackageRecipe } from './package-recipe.ts';
import { renderChangelog } from './render-changelog.ts';
import { renderConffile } from './render-conffile.ts';
import { renderCopyright } from './render-copyright.ts';
import { renderSignerManual } from './render-man-signer.ts';
import { renderSignerControl } from './render-signer-control.ts';
import { runCommand } from './run-command.ts';
import { SIGNER_INTRODUCTION, SIGNER_WORDS } from './signer-words.ts';
import { usedPackages } from './used-packages.ts';

const NAME = 'nodemgr-ticket-signer';
const APP = 'ticket-signer';
/** Its own, so that it and a node's package may be on one machine, in two versions. */
const LIBRARY = `usr/lib/${NAME}`;
const PROGRAM = join(LIBRARY, APP, 'main.cjs');
const CONFFILE = `etc/${NAME}/ticket-signer.toml`;
const UNITS = [`${NAME}.service`, `${NAME}.socket`, `${NAME}-tls.socket`];

const copied = (from: string, to: string, mode = 0o644): PackageFile => ({ from, to, mode });
const made = (to: string, text: string | Buffer): MadeFile => ({ to, text, mode: 0o644 });
/** gzip without a name and a time: the same text gives the same bytes. */
const gzip = (text: string): Buffer => gzipSync(text, { level: 9 });

const programs: readonly PackageFile[] = [
  {
    from: join('dist/apps', APP, 'main.cjs'),
    to: PROGRAM,
    mode: 0o755,
    prefix: '#!/usr/bin/node\n',
  },
  { from: 'dist/native/nodemgr.node', to: join(LIBRARY, 'nodemgr.node'), mode: 0o644, strip: true },
  { to: `usr/sbin/${NAME}`, target: `../lib/${NAME}/${APP}/main.cjs` },
];

const system: readonly PackageFile[] = [
  ...UNITS.map((unit) => copied(`systemd/ticket-signer/${unit}`, `usr/lib/systemd/system/${unit}`)),
  copied('systemd/ticket-signer/sysusers.conf', `usr/lib/sysusers.d/${NAME}.conf`),
];

/** signerTables returns the keys of ticket-signer.toml with the words for them. */
export function signerTables(): readonly DescribedTable[] {
  const tables = describeTables(signerKeys(), SIGNER_WORDS);
  return tables.map((table) => ({ ...table, optional: table.table === 'tls' }));
}

function texts(facts: BuildFacts): readonly MadeFile[] {
  const tables = signerTables();
  const licence = readFileSync('LICENSE', 'utf8');
  const used = usedPackages([APP], []);
  const doc = `usr/share/doc/${NAME}`;
  return [
    made(CONFFILE, renderConffile(tables, SIGNER_INTRODUCTION)),
    made(`usr/share/man/man8/${NAME}.8.gz`, gzip(renderSignerManual(tables, facts))),
    made(`${doc}/copyright`, renderCopyright(used, licence, 'merged into its program')),
    made(`${doc}/changelog.gz`, gzip(renderChangelog(facts))),
    made(join(LIBRARY, 'build-info.json'), `${JSON.stringify(facts.build)}\n`),
  ];
}

/** A bundle that does not even say its version is found here. */
function tryProgram(root: string): void {
  runCommand(process.execPath, [join(root, PROGRAM), '--version'], { from: 'nodejs', cwd: '/' });
}

export const SIGNER_PACKAGE: PackageRecipe = {
  name: NAME,
  scripts: 'tools/package/debian-signer',
  conffiles: [`/${CONFFILE}`],
  files: (facts) => [...programs, ...system, ...texts(facts)],
  control: renderSignerControl,
  tryOut: tryProgram,
};
