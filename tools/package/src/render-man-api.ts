/** nodemgr-api(7), out of the table of methods, the faults and the configuration's keys. Pure. */
import { FAULT_NAMES, FAULTS, type FaultName } from '@nodemgr/faults';
import { MAX_LOANS, MAX_RESOURCE_NAME } from '@nodemgr/records';
import type { ApiMethod, MethodTable } from '../../../apps/api-gateway/src/api/api-method.ts';
import {
  renderFaults,
  renderTypes,
  renderUsage,
  whoMayCall,
} from '../../../apps/api-gateway/src/api/render-help.ts';
import * as words from './api-words.ts';
import type { DescribedTable } from './config-tables.ts';
import {
  bold,
  heading,
  italic,
  item,
  type PageTitle,
  paragraph,
  renderPage,
  subheading,
  verbatim,
} from './roff.ts';

/** A program that is shown as it is, and installed among the examples. */
export interface Example {
  readonly title: string;
  readonly file: string;
  readonly text: string;
}

export interface ApiManualParts {
  readonly methods: MethodTable;
  readonly tables: readonly DescribedTable[];
  readonly examples: readonly Example[];
}

const entries = (list: readonly words.Entry[]): readonly string[] =>
  list.map(([term, text]) => item(bold(term), text));

function methodItem(method: ApiMethod): readonly string[] {
  const { parameters, result, meaning } = method;
  return [
    item(bold(renderUsage(method)), meaning),
    '.RS',
    ...parameters.map((each) =>
      item(`${italic(each.name)} (${renderTypes(each)})`, `${each.meaning}.`),
    ),
    item(`Result (${result.type})`, `${result.meaning}.`),
    item('Callers', `${whoMayCall(method)}.`),
    item('Faults', `${renderFaults(method)}.`),
    '.RE',
  ];
}

/** Kinds that have a code in common are told of together: callers see the code. */
function faultItem(code: number): string {
  const kinds = FAULT_NAMES.filter((name: FaultName) => FAULTS[name].code === code);
  const text = kinds.map((name) => `${FAULTS[name].meaning}. ${words.FAULT_WORDS[name]}`);
  return item(bold(String(code)), text.join(' Or: '));
}

function limitItems(tables: readonly DescribedTable[]): readonly string[] {
  const keys = tables.find(({ table }) => table === 'api')?.keys ?? [];
  return words.LIMIT_KEYS.map((wanted) => {
    const key = keys.find(({ name }) => name === wanted);
    if (key === undefined) throw new Error(`api-words.ts: there is no key api.${wanted}`);
    return item(bold(`api.${wanted}`), `${key.about} Default: ${key.default}.`);
  });
}

function limits({ tables }: ApiManualParts): readonly string[] {
  return [
    paragraph('Of nodemgr.toml(5), and so different from node to node:'),
    ...limitItems(tables),
    paragraph('The same everywhere:'),
    item(bold('loans'), `At most ${MAX_LOANS} in one list.`),
    item(bold('names'), `Of recipients and resources, at most ${MAX_RESOURCE_NAME} characters.`),
    item(bold('over ssh'), words.SSH_LIMIT),
  ];
}

/** auditLine returns the documented command as it is typed. */
export function auditLine(): string {
  const { read, filter } = words.AUDIT_COMMAND;
  return `${read} | jq -c '${filter}'`;
}

function examples({ examples: list }: ApiManualParts): readonly string[] {
  return [
    paragraph('nmctl(1) makes single calls, on the node and, by --via, from elsewhere:'),
    verbatim([
      'nmctl call GetRSpec princeton_sirius',
      'nmctl --via ssh://del_snoop@node call GetRSpec princeton_sirius',
    ]),
    ...list.flatMap(({ title, file, text }) => [
      paragraph(`${title} (/usr/share/doc/nodemgr/examples/${file}):`),
      verbatim(text.trimEnd().split('\n')),
    ]),
  ];
}

/** renderApiManual returns the page. */
export function renderApiManual(
  parts: ApiManualParts,
  from: Pick<PageTitle, 'version' | 'date'>,
): string {
  const title = { name: 'nodemgr-api', section: 7, summary: 'XML-RPC API of the node manager' };
  const codes = [...new Set(FAULT_NAMES.map((name) => FAULTS[name].code))];
  return renderPage({ ...title, ...from }, [
    heading('description'),
    ...words.DESCRIPTION.map(paragraph),
    ...entries(words.PLACES),
    heading('callers'),
    ...words.CALLERS.map(paragraph),
    heading('types'),
    ...entries(words.TYPES),
    subheading('Integers over 31 bits, as clients see them'),
    ...entries(words.I8),
    paragraph(words.LARGE_AMOUNTS),
    heading('methods'),
    ...[...parts.methods.values()].flatMap(methodItem),
    heading('faults'),
    ...codes.map(faultItem),
    subheading('What HTTP itself refuses'),
    ...entries(words.HTTP),
    heading('limits'),
    ...limits(parts),
    heading('audit'),
    ...words.AUDIT.map(paragraph),
    verbatim([auditLine()]),
    ...words.AUDIT_NOTES.map(paragraph),
    heading('examples'),
    ...examples(parts),
    heading('see also'),
    '.BR nmctl (1),\n.BR nodemgr-tenant (7),\n.BR nodemgr.toml (5),\n.BR jq (1),\n.BR journalctl (1)',
  ]);
}
