/**
 * Turns the package sources of this machine into those of the Debian that is built: the same archives,
 * mirrors and keys, another suite. Pure.
 */

/** The Debian that the machine runs. */
export const SUITE = 'trixie';

/** A file of /etc/apt/sources.list.d, or sources.list itself. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/** Debian's own archives have these suites and this component; those of others (docker, …) do not. */
const COMPONENT = 'main';
const SUITES = ['', '-updates', '-security'];

/** The release of this machine, and that of the system that is built. */
interface Exchange {
  readonly here: string;
  readonly wanted: string;
}

/** The suite of the built system that stands for one of this machine; undefined when none does. */
function suiteFor(suite: string, { here, wanted }: Exchange): string | undefined {
  const known = SUITES.find((suffix) => suite === here + suffix || suite === wanted + suffix);
  return known === undefined ? undefined : wanted + known;
}

/** `deb [signed-by=…] URI SUITE COMPONENT…` (sources.list(5), one-line style). */
function fromLine(line: string, exchange: Exchange): string | undefined {
  const match = /^deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line.trim());
  const [, options = '', uri = '', suite = '', components = ''] = match ?? [];
  const ours = suiteFor(suite, exchange);
  if (ours === undefined || !components.split(/\s+/).includes(COMPONENT)) return undefined;
  return `deb ${options}${uri} ${ours} ${COMPONENT}`;
}

/** A stanza's fields by their lower-case names; comments are dropped, continuation lines kept. */
function fieldsOf(stanza: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of stanza.split('\n').filter((text) => !text.startsWith('#'))) {
    const [, name, value = ''] = /^([A-Za-z-]+):(.*)$/.exec(line) ?? [];
    if (name === undefined) fields.set(last, `${fields.get(last) ?? ''}\n${line}`);
    else {
      last = name.toLowerCase();
      fields.set(last, value.trim());
    }
  }
  return fields;
}

const words = (text: string | undefined): readonly string[] =>
  (text ?? '').split(/\s+/).filter((word) => word !== '');

/** A one-line source is written for each archive and suite of a stanza (sources.list(5), deb822 style). */
function fromStanza(stanza: string, exchange: Exchange): readonly string[] {
  const fields = fieldsOf(stanza);
  if (fields.get('enabled')?.toLowerCase() === 'no') return [];
  if (!words(fields.get('types')).includes('deb')) return [];
  // A key that is written out in full is Debian's own, which apt knows.
  const [key = ''] = words(fields.get('signed-by'));
  const options = key.startsWith('/') ? `[signed-by=${key}] ` : '';
  return words(fields.get('uris')).flatMap((uri) =>
    words(fields.get('suites')).flatMap((suite) => {
      const components = words(fields.get('components')).join(' ');
      return fromLine(`deb ${options}${uri} ${suite} ${components}`, exchange) ?? [];
    }),
  );
}

function fromFile({ name, text }: SourceFile, exchange: Exchange): readonly string[] {
  if (name.endsWith('.sources')) {
    return text.split(/\n\s*\n/).flatMap((stanza) => fromStanza(stanza, exchange));
  }
  return text.split('\n').flatMap((line) => fromLine(line, exchange) ?? []);
}

/** renderSources returns the lines of a sources.list for the release `wanted`; none when no archive of Debian's is named. */
export function renderSources(
  files: readonly SourceFile[],
  here: string,
  wanted: string = SUITE,
): readonly string[] {
  return [...new Set(files.flatMap((file) => fromFile(file, { here, wanted })))];
}

/** What of apt's configuration (apt-config(8), dump) decides how archives are reached. */
const REACHING = /^Acquire::(?:(?:https?|ftp)::|Check-|ForceIPv|Retries)/;

/** renderAptSettings keeps proxies, certificates and checks from what `apt-config dump` printed. */
export function renderAptSettings(dump: string): string {
  const lines = dump.split('\n').filter((line) => REACHING.test(line) && !line.endsWith(' "";'));
  return lines.map((line) => `${line}\n`).join('');
}
