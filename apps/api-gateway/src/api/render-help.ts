/** Documentation of the methods, from their entries in the table. Pure. */
import { FAULT_NAMES, FAULTS, type FaultName } from '@nodemgr/faults';
import type { ApiMethod, MethodTable, Parameter } from './api-method.ts';

const WHO: Readonly<Record<ApiMethod['who'], string>> = {
  all: 'everyone',
  root: 'root',
  sliver: "the sliver itself, root, and callers named with this method in the sliver's delegations",
};

/** formsOf returns the lists of parameters that a method takes. */
export function formsOf(method: ApiMethod): readonly (readonly Parameter[])[] {
  const short = method.who === 'sliver' && method.withoutSliver !== undefined;
  return short ? [method.parameters, method.parameters.slice(1)] : [method.parameters];
}

/** renderUsage returns a method's forms: `SetLoans(sliver, loans) or SetLoans(loans)`. */
export function renderUsage(method: ApiMethod): string {
  const form = (parameters: readonly Parameter[]): string =>
    `${method.name}(${parameters.map(({ name }) => name).join(', ')})`;
  return formsOf(method).map(form).join(' or ');
}

/** renderTypes says what a parameter takes: `string or base64`. */
export function renderTypes({ type, orType }: Parameter): string {
  return orType === undefined ? type : `${type} or ${orType}`;
}

/** whoMayCall says in words who may call a method. */
export function whoMayCall(method: ApiMethod): string {
  const text = WHO[method.who];
  if (method.who !== 'sliver' || method.sameAs === undefined) return text;
  return text.replace('with this method', `with this method or ${method.sameAs}`);
}

/** Of the checks that come before a method, in check-call.ts. */
function faultsOfChecks({ who, parameters }: ApiMethod): readonly FaultName[] {
  return [
    'wrong-argument-count',
    ...(parameters.length > 0 ? (['bad-argument'] as const) : []),
    ...(who !== 'all' ? (['permission-denied'] as const) : []),
    ...(who === 'sliver' ? (['unavailable'] as const) : []),
  ];
}

/** faultsOf returns what a method can end in, defects of ours left out, in the order of the catalogue. */
export function faultsOf(method: ApiMethod): readonly FaultName[] {
  const its = new Set([...faultsOfChecks(method), ...(method.faults ?? [])]);
  return FAULT_NAMES.filter((name) => its.has(name));
}

/** renderFaults returns them as text: `101 wrong number of arguments, 102 bad argument`. */
export function renderFaults(method: ApiMethod): string {
  const one = (name: FaultName): string => `${FAULTS[name].code} ${FAULTS[name].meaning}`;
  return faultsOf(method).map(one).join(', ');
}

/** renderMethod returns the documentation of one method: usage, meaning, parameters, result, callers, faults. */
export function renderMethod(method: ApiMethod): string {
  const { parameters, result, meaning } = method;
  return [
    renderUsage(method),
    `  ${meaning}`,
    ...parameters.map((each) => `  ${each.name} (${renderTypes(each)}): ${each.meaning}`),
    `  Result (${result.type}): ${result.meaning}`,
    `  Who may call it: ${whoMayCall(method)}`,
    `  Faults: ${renderFaults(method)}`,
  ].join('\n');
}

/** renderHelp returns the documentation of every method. */
export function renderHelp(table: MethodTable): string {
  const head =
    'The API of the Node Manager. A call without a result of its own returns 1. Amounts, in loans too, are in ' +
    "the units of this API, whoever calls: rates in bits a second (PLC 4's were in kbit/s), guaranteed CPU in " +
    'thousandths of the node (not percent), disk and memory in KiB.';
  return [head, ...[...table.values()].map(renderMethod)].join('\n\n');
}

/** Every way to fill in a form, the first types first. */
function typeLists(form: readonly Parameter[]): readonly (readonly string[])[] {
  return form.reduce<readonly (readonly string[])[]>(
    (lists, { type, orType }) => [
      ...lists.map((list) => [...list, type]),
      ...(orType === undefined ? [] : lists.map((list) => [...list, orType])),
    ],
    [[]],
  );
}

/** renderSignatures returns what system.methodSignature answers: result and parameter types of each form. */
export function renderSignatures(method: ApiMethod): readonly (readonly string[])[] {
  return formsOf(method)
    .flatMap(typeLists)
    .map((types) => [method.result.type, ...types]);
}
