/** Where the signature of a document is. Pure. */

/** signatureUrl returns where the signature of the document at `url` is: beside it, with `.sig` at the end of its name. */
export function signatureUrl(url: string): string {
  const place = new URL(url);
  place.pathname += '.sig';
  return place.href;
}
