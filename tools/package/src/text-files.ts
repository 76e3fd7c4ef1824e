/** What the package says to people: configuration, manual pages, completion, licences, changes. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { configKeys } from '@nodemgr/config';
import { makeProgram } from '../../../apps/nmctl/src/program.ts';
import type { BuildFacts } from './build-facts.ts';
import { commandTree, type TreeCommand } from './command-tree.ts';
import { describeTables } from './config-tables.ts';
import type { MadeFile } from './package-file.ts';
import { renderChangelog } from './render-changelog.ts';
import { renderCompletion } from './render-completion.ts';
import { renderConffile } from './render-conffile.ts';
import { renderCopyright } from './render-copyright.ts';
import { renderConfigManual } from './render-man-config.ts';
import { renderNmctlManual } from './render-man-nmctl.ts';
import type { UsedPackage } from './used-packages.ts';

/** nmctlTree returns nmctl's command line, which is read here and never run. */
export const nmctlTree = (): TreeCommand =>
  commandTree(
    makeProgram({
      open() {
        throw new Error('no command is run here');
      },
      end() {},
    }),
  );

/** gzip without a name and a time: the same text gives the same bytes. */
const gzip = (text: string): Buffer => gzipSync(text, { level: 9 });

const made = (to: string, text: string | Buffer): MadeFile => ({ to, text, mode: 0o644 });

/** textFiles returns them all. */
export function textFiles(facts: BuildFacts, used: readonly UsedPackage[]): readonly MadeFile[] {
  const tables = describeTables(configKeys());
  const program = nmctlTree();
  return [
    made('etc/nodemgr/nodemgr.toml', renderConffile(tables)),
    made('usr/share/man/man1/nmctl.1.gz', gzip(renderNmctlManual(program, facts))),
    made('usr/share/man/man5/nodemgr.toml.5.gz', gzip(renderConfigManual(tables, facts))),
    made('usr/share/bash-completion/completions/nmctl', renderCompletion(program)),
    made('usr/share/doc/nodemgr/copyright', renderCopyright(used, readFileSync('LICENSE', 'utf8'))),
    made('usr/share/doc/nodemgr/changelog.gz', gzip(renderChangelog(facts))),
    // What the native addons were built for; the daemons compare (libs/native, check-abi.ts).
    made('usr/lib/nodemgr/build-info.json', `${JSON.stringify(facts.build)}\n`),
  ];
}
