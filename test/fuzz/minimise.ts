/** Makes an input with a finding smaller, for as long as the finding stays. */

/** Attempts in all: an input that hardly shrinks must not hold up the report. */
const MAX_TRIES = 3000;

const without = (body: Uint8Array, at: number, length: number): Uint8Array =>
  Buffer.concat([body.subarray(0, at), body.subarray(at + length)]);

/** minimise returns a part of `body` for which `isFinding` still holds: pieces are left out, large ones first. */
export async function minimise(
  body: Uint8Array,
  isFinding: (body: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let least = body;
  let tries = 0;
  for (let piece = body.length >> 1; piece > 0 && tries < MAX_TRIES; piece >>= 1) {
    for (let at = 0; at < least.length && tries < MAX_TRIES; tries += 1) {
      const shorter = without(least, at, piece);
      if (await isFinding(shorter)) least = shorter;
      else at += piece;
    }
  }
  return least;
}
