/** Adds one person to every slice of a document, so that somebody here can log in to all of them. Pure. */

/** Of the person; the sample has nobody with that id. */
const PERSON = 1_000_000;

/** withPerson returns `document` with a user of this public key in every slice. */
export function withPerson(document: string, publicKey: string): string {
  const user = `<user person_id="${PERSON}" email="you@localhost"/>`;
  const key = `<key person_id="${PERSON}" type="ssh" value="${publicKey.trim()}"/>`;
  return document
    .replaceAll('<users>', `<users>\n      ${user}`)
    .replace('</planetlab_slices>', `  ${key}\n</planetlab_slices>`);
}
