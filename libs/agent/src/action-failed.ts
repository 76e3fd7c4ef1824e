/** The one error that the loop understands: what was being done, and why it did not work. */

/** ActionFailed says that `action` (a step's name, 'observe', 'plan', …) failed; the message is the reason. */
export class ActionFailed extends Error {
  override readonly name = 'ActionFailed';
  constructor(
    readonly action: string,
    reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(reason, options);
  }
}

/** asActionFailed returns `error` as a failure of `action`, unless it already names one. */
export function asActionFailed(action: string, error: unknown): ActionFailed {
  if (error instanceof ActionFailed) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ActionFailed(action, reason, { cause: error });
}
