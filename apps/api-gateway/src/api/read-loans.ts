/**
 * Loans as a caller sends them. Their form is judged, and whether they can ever count; whether a loan
 * counts now depends on the other slivers, changes with them, and is db-service's to say.
 */
import { Fault } from '@nodemgr/faults';
import { type Loan, loansThatNeverCount, MAX_LOANS, MAX_RESOURCE_NAME } from '@nodemgr/records';
import type { XmlRpcValue } from '@nodemgr/xml-rpc';

function malformed(what: string): never {
  throw new Fault(
    'bad-argument',
    `malformed loans: ${what}; wanted is a list of [recipient, resource, amount]`,
  );
}

function name(value: XmlRpcValue | undefined, what: string): string {
  if (typeof value !== 'string') return malformed(`${what} is not a string`);
  if (value.length > MAX_RESOURCE_NAME) {
    return malformed(`${what} is longer than ${MAX_RESOURCE_NAME} characters`);
  }
  return value;
}

function readLoan(value: XmlRpcValue, index: number): Loan {
  const entry = `entry ${index + 1}`;
  if (!Array.isArray(value)) return malformed(`${entry} is not a list`);
  // Array.isArray makes `any[]` of a readonly array.
  const fields: readonly XmlRpcValue[] = value;
  if (fields.length !== 3) return malformed(`${entry} has ${fields.length} fields, not 3`);
  // <double>10000000000.0</double> will do: Python's xmlrpc.client has no integers over 31 bits.
  const amount = fields[2];
  if (!Number.isSafeInteger(amount)) return malformed(`the amount of ${entry} is not an integer`);
  return [
    name(fields[0], `the recipient of ${entry}`),
    name(fields[1], `the resource of ${entry}`),
    Number(amount),
  ];
}

/** readLoans returns what `lender` lends; throws Fault `bad-argument` that names the entry. */
export function readLoans(lender: string, value: XmlRpcValue | undefined): readonly Loan[] {
  if (!Array.isArray(value)) return malformed('not a list');
  if (value.length > MAX_LOANS) {
    return malformed(`${value.length} entries, more than the ${MAX_LOANS} that a sliver may have`);
  }
  const loans = value.map(readLoan);
  const refusal = loansThatNeverCount(lender, loans);
  if (refusal !== undefined) throw new Fault('bad-argument', refusal);
  return loans;
}

/** listOfLoans makes a list of what may be a single triple. */
export function listOfLoans(value: XmlRpcValue | undefined): XmlRpcValue {
  if (value === undefined) return [];
  return Array.isArray(value) && typeof value[0] === 'string' ? [value] : value;
}
