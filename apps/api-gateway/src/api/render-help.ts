/** Documentation of the methods, from their entries in the table. Pure. */
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

/** renderMethod returns the documentation of one method: usage, meaning, parameters, result, callers. */
export function renderMethod(method: ApiMethod): string {
  const { parameters, result, meaning, who } = method;
  return [
    renderUsage(method),
    `  ${meaning}`,
    ...parameters.map(({ name, type, meaning: what }) => `  ${name} (${type}): ${what}`),
    `  Result (${result.type}): ${result.meaning}`,
    `  Who may call it: ${WHO[who]}`,
  ].join('\n');
}

/** renderHelp returns the documentation of every method. */
export function renderHelp(table: MethodTable): string {
  const head = 'The API of the Node Manager. A call without a result of its own returns 1.';
  return [head, ...[...table.values()].map(renderMethod)].join('\n\n');
}

/** renderSignatures returns what system.methodSignature answers: result and parameter types of each form. */
export function renderSignatures(method: ApiMethod): readonly (readonly string[])[] {
  return formsOf(method).map((form) => [method.result.type, ...form.map(({ type }) => type)]);
}
