/** Texts of tickets for tests. */

export const EXPIRY = 4_000_000_000;

export interface TextOptions {
  readonly name?: string;
  readonly expiry?: number;
  readonly extra?: string;
}

/** aSlice returns a slice element on two nodes, without keys. */
export function aSlice({
  name = 'princeton_sirius',
  expiry = EXPIRY,
  extra = '',
}: TextOptions = {}) {
  return (
    `<slice name="${name}" id="12" expiry="${expiry}"><nodes><node id="17"/><node id="18"/></nodes>` +
    `<users/>${extra}</slice>`
  );
}

/** aTicket returns an unsigned ticket; `root` is what its root has as attributes. */
export const aTicket = (options: TextOptions = {}, root = ' issued="5"') =>
  `<ticket${root}>${aSlice(options)}</ticket>`;
