/**
 * Decides whether a document carries a signature in the one form that a ticket has: enveloped, last in
 * the root, over the whole document. Whether it is valid is checked elsewhere, and only after this. Pure.
 */
import { Buffer } from 'node:buffer';
import { writeXml, type XmlElement, type XmlNode } from './plain-xml.ts';
import { quote, refuseTicket } from './refuse-ticket.ts';
import {
  C14N,
  DIGEST_METHODS,
  type DigestMethod,
  DSIG,
  ENVELOPED,
  SIGNATURE_METHODS,
  type SignatureMethod,
} from './signature-methods.ts';

export interface SignatureForm {
  readonly method: SignatureMethod;
  readonly digest: DigestMethod;
  /** Base64. */
  readonly digestValue: string;
  readonly value: Buffer;
  /** The signature without spaces in its value. */
  readonly element: XmlElement;
}

/**
 * Characters: several times the longest that any key makes. What anybody at all has padded is not handed
 * to xml-crypto, which takes a third of a second for as much as a whole ticket may have.
 */
const MAX_SIGNATURE = 16_384;
const SPACES = /^[ \t\r\n]*$/;

/** Refuses an element with other attributes than these. */
function wantAttributes({ name, attributes }: XmlElement, wanted: readonly string[]): void {
  const missing = wanted.find((each) => !attributes.has(each));
  if (missing !== undefined) refuseTicket(`<${name}> has no ${missing}`);
  const extra = [...attributes.keys()].find((each) => !wanted.includes(each));
  if (extra !== undefined) refuseTicket(`<${name}> has the attribute ${quote(extra)}`);
}

const describeChild = (node: XmlNode): string =>
  typeof node === 'string' ? quote(node) : `<${node.name}>`;

/** Returns the only child elements, which have to be these and in this order. */
function wantChildren<const Names extends readonly string[]>(
  parent: XmlElement,
  names: Names,
): { readonly [Index in keyof Names]: XmlElement } {
  const children = parent.children.filter((node) => typeof node !== 'string' || !SPACES.test(node));
  const found: XmlElement[] = [];
  for (const [index, child] of children.entries()) {
    const wanted = names[index];
    if (typeof child === 'string' || child.name !== wanted) {
      const instead = wanted === undefined ? 'nothing more' : `<${wanted}>`;
      refuseTicket(`in <${parent.name}> stands ${describeChild(child)} where ${instead} belongs`);
    }
    found.push(child);
  }
  if (found.length < names.length) {
    refuseTicket(`<${parent.name}> has no <${names[found.length]}>`);
  }
  // The loop has found one element for each name.
  return found as unknown as { readonly [Index in keyof Names]: XmlElement };
}

/** Returns the only thing that an element may hold, its Algorithm. */
function algorithmOf(element: XmlElement): string {
  wantAttributes(element, ['Algorithm']);
  wantChildren(element, []);
  return element.attributes.get('Algorithm') ?? '';
}

function chosen<T extends { readonly uri: string; readonly hash: string }>(
  element: XmlElement,
  allowed: readonly T[],
  allowSha1: boolean,
): T {
  const uri = algorithmOf(element);
  const method = allowed.find((each) => each.uri === uri);
  if (method === undefined) refuseTicket(`the algorithm ${quote(uri)} is not accepted`);
  if (method.hash === 'sha1' && !allowSha1) {
    refuseTicket(
      `the algorithm ${quote(uri)} is not accepted: the configuration does not allow SHA-1`,
    );
  }
  return method;
}

/** Returns the bytes that an element holds, in base64 and in no second spelling of it. */
function base64Of(element: XmlElement): Buffer {
  wantAttributes(element, []);
  const text = element.children.map((node) => (typeof node === 'string' ? node : '<')).join('');
  const base64 = text.replace(/[ \t\r\n]+/g, '');
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== base64) {
    refuseTicket(`<${element.name}> does not hold base64`);
  }
  return bytes;
}

/** C14N may be left out: it is what applies then (XML Signature 1.1, section 4.4.3.2). */
function checkTransforms(transforms: XmlElement): void {
  wantAttributes(transforms, []);
  const alone = transforms.children.filter((node) => typeof node !== 'string').length === 1;
  const found = wantChildren(transforms, alone ? ['Transform'] : ['Transform', 'Transform']);
  const [first, second] = found.map(algorithmOf);
  if (first !== ENVELOPED || (second !== undefined && second !== C14N)) {
    refuseTicket('its <Transforms> are not enveloped-signature and C14N 1.0');
  }
}

function readReference(
  reference: XmlElement,
  allowSha1: boolean,
): Pick<SignatureForm, 'digest' | 'digestValue'> {
  wantAttributes(reference, ['URI']);
  const uri = reference.attributes.get('URI') ?? '';
  if (uri !== '') refuseTicket(`its signature is over ${quote(uri)}, not over the whole ticket`);
  const [transforms, method, value] = wantChildren(reference, [
    'Transforms',
    'DigestMethod',
    'DigestValue',
  ]);
  checkTransforms(transforms);
  const digest = chosen(method, Object.values(DIGEST_METHODS), allowSha1);
  const bytes = base64Of(value);
  if (bytes.length !== digest.length) {
    refuseTicket(`its <DigestValue> has not the ${digest.length} bytes of its algorithm`);
  }
  return { digest, digestValue: bytes.toString('base64') };
}

/** judgeSignature reads a `<Signature>` without `<KeyInfo>`; throws a Fault for any other form of it. */
export function judgeSignature(signature: XmlElement, allowSha1: boolean): SignatureForm {
  wantAttributes(signature, ['xmlns']);
  if (signature.attributes.get('xmlns') !== DSIG) {
    refuseTicket('its <Signature> is not in the namespace of XML-DSig');
  }
  const [info, value] = wantChildren(signature, ['SignedInfo', 'SignatureValue']);
  wantAttributes(info, []);
  const [c14n, method, reference] = wantChildren(info, [
    'CanonicalizationMethod',
    'SignatureMethod',
    'Reference',
  ]);
  if (algorithmOf(c14n) !== C14N) refuseTicket('its <CanonicalizationMethod> is not C14N 1.0');
  const bytes = base64Of(value);
  const plainValue = { ...value, children: [bytes.toString('base64')] };
  const element = { ...signature, children: [info, plainValue] };
  if (writeXml(element).length > MAX_SIGNATURE) {
    refuseTicket(`its <Signature> has more than ${MAX_SIGNATURE} characters`);
  }
  return {
    method: chosen(method, Object.values(SIGNATURE_METHODS), allowSha1),
    ...readReference(reference, allowSha1),
    value: bytes,
    element,
  };
}
