/**
 * The one catalogue of errors that cross a process or the API: what each means, its XML-RPC fault
 * code, and whether trying again can help. No text is built here; whoever throws knows the details.
 */

export interface FaultKind {
  /** XML-RPC faultCode. */
  readonly code: number;
  readonly meaning: string;
  /** Whether the same call may succeed later without the caller changing anything. */
  readonly retry: boolean;
}

export const FAULTS = {
  'no-such-method': { code: 100, meaning: 'no such method', retry: false },
  'wrong-argument-count': { code: 101, meaning: 'wrong number of arguments', retry: false },
  'bad-argument': { code: 102, meaning: 'bad argument', retry: false },
  'permission-denied': { code: 108, meaning: 'permission denied', retry: false },
  unavailable: { code: 111, meaning: 'the node manager cannot do this now', retry: true },
  internal: { code: 111, meaning: 'the node manager failed at this', retry: true },
  'not-xml-rpc': { code: -32700, meaning: 'not an XML-RPC request', retry: false },
} as const satisfies Record<string, FaultKind>;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

/** Fault is an error of the catalogue: `kind` names the entry, the message says what was wrong and where. */
export class Fault extends Error {
  override readonly name = 'Fault';
  constructor(
    readonly kind: FaultName,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }

  get code(): number {
    return FAULTS[this.kind].code;
  }
}

/** asFault returns `error` itself if it is of the catalogue, else `internal` with it as the cause. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Fault('internal', message, { cause: error });
}
