/** What the package says to people: configuration, manual pages, completion, licences, changes. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { configKeys } from '@nodemgr/config';
import { makeMethodTable } from '../../../apps/api-gateway/src/api/method-table.ts';
import { makeProgram } from '../../../apps/nmctl/src/program.ts';
import type { BuildFacts } from './build-facts.ts';
import { commandTree, type TreeCommand } from './command-tree.ts';
import { describeTables } from './config-tables.ts';
import type { MadeFile } from './package-file.ts';
import { renderChangelog } from './render-changelog.ts';
import { renderCompletion } from './render-completion.ts';
import { renderConffile } from './render-conffile.ts';
import { renderCopyright } from './render-copyright.ts';
import { type ApiManualParts, renderApiManual } from './render-man-api.ts';
import { renderConfigManual } from './render-man-config.ts';
import { renderNmctlManual } from './render-man-nmctl.ts';
import { renderTenantManual } from './render-man-tenant.ts';
import type { UsedPackage } from './used-packages.ts';

/** nmctlTree returns nmctl's command line, which is read here and never run. */
export const nmctlTree = (): TreeCommand =>
  commandTree(
    makeProgram({
      perform() {
        throw new Error('no command is run here');
      },
      end() {},
    }),
  );

/** Programs of examples/, which are run by tests and installed as they are. */
const EXAMPLES: ReadonlyMap<string, string> = new Map([
  ['on_the_node.py', 'Python, on the node or inside a sliver, on either socket'],
  ['delegate.py', 'Python, as a delegate over ssh'],
]);

/** apiManualParts returns what nodemgr-api(7) is made of. */
export const apiManualParts = (): ApiManualParts => ({
  methods: makeMethodTable(),
  tables: describeTables(configKeys()),
  examples: [...EXAMPLES].map(([file, title]) => {
    return { file, title, text: readFileSync(`examples/${file}`, 'utf8') };
  }),
});

/** gzip without a name and a time: the same text gives the same bytes. */
const gzip = (text: string): Buffer => gzipSync(text, { level: 9 });

const made = (to: string, text: string | Buffer): MadeFile => ({ to, text, mode: 0o644 });

/** textFiles returns them all. */
export function textFiles(facts: BuildFacts, used: readonly UsedPackage[]): readonly MadeFile[] {
  const tables = describeTables(configKeys());
  const program = nmctlTree();
  const api = apiManualParts();
  return [
    made('etc/nodemgr/nodemgr.toml', renderConffile(tables)),
    made('usr/share/man/man1/nmctl.1.gz', gzip(renderNmctlManual(program, facts))),
    made('usr/share/man/man5/nodemgr.toml.5.gz', gzip(renderConfigManual(tables, facts))),
    made('usr/share/man/man7/nodemgr-api.7.gz', gzip(renderApiManual(api, facts))),
    made('usr/share/man/man7/nodemgr-tenant.7.gz', gzip(renderTenantManual(facts))),
    ...api.examples.map(({ file, text }) => made(`usr/share/doc/nodemgr/examples/${file}`, text)),
    made('usr/share/bash-completion/completions/nmctl', renderCompletion(program)),
    made('usr/share/doc/nodemgr/copyright', renderCopyright(used, readFileSync('LICENSE', 'utf8'))),
    made('usr/share/doc/nodemgr/changelog.gz', gzip(renderChangelog(facts))),
    // What the native addons were built for; the daemons compare (libs/native, check-abi.ts).
    made('usr/lib/nodemgr/build-info.json', `${JSON.stringify(facts.build)}\n`),
  ];
}
