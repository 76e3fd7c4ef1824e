/**
 * Fills the attack files with keys made on the spot. A file is a document in canonical form, so that its
 * signature can be made here without any XML library: the placeholders {{DIGEST}} and {{VALUE}} become
 * what an honest signer would write for that very text, and the others parts of an honest ticket.
 */
import { createHash, createHmac, createPrivateKey, sign } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import {
  anSshKey,
  EXPIRY,
  ISSUED,
  NODE_ID,
  rsaKeys,
  type TestKeys,
} from './ticket-builder.test-support.ts';

const FOLDER = new URL('./attacks/', import.meta.url);
const DSIG = 'http://www.w3.org/2000/09/xmldsig#';

/** attackNames returns the names of all attack files. */
export const attackNames = (): readonly string[] =>
  readdirSync(FOLDER).map((file) => file.replace(/\.xml$/, ''));

const sliceOpen = (name: string): string =>
  `<slice expiry="${EXPIRY}" id="12" name="${name}"><nodes><node id="${NODE_ID}"></node></nodes>` +
  '<users><user person_id="5"></user></users>';
const keyElement = (value: string): string =>
  `<key person_id="5" type="ssh" value="${value}"></key>`;

const CONTENT = {
  ISSUED: String(ISSUED),
  EXPIRY: String(EXPIRY),
  SLICE: `${sliceOpen('princeton_sirius')}</slice>`,
  KEY: keyElement(anSshKey(1)),
  EVIL_OPEN: sliceOpen('evil_slice'),
  EVIL_SLICE: `${sliceOpen('evil_slice')}</slice>`,
  EVIL_KEY: keyElement(anSshKey(66, 'evil@host')),
};

type Values = Readonly<Record<string, string>>;

const fill = (text: string, values: Values): string =>
  text.replace(/\{\{([A-Z0-9_]+)\}\}/g, (placeholder, name: string) => values[name] ?? placeholder);

const signatureIn = (text: string): string =>
  /<Signature xmlns="[^"]*".*?<\/Signature>/s.exec(text)?.[0] ?? '';
const between = (text: string, name: string): string =>
  new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(text)?.[1] ?? '';

const rsaSha256 = (text: string, { privatePem }: TestKeys): string =>
  sign('sha256', Buffer.from(text), createPrivateKey(privatePem)).toString('base64');

/** The modulus as <RSAKeyValue> writes it. */
function modulusOf({ publicKey }: TestKeys): string {
  const { n = '' } = publicKey.export({ format: 'jwk' });
  return Buffer.from(String(n), 'base64url').toString('base64');
}

function seal(text: string, keys: TestKeys, attacker: TestKeys): string {
  const signature = signatureIn(text);
  const document = text
    .replace(/^<\?xml .*?\?>/, '')
    .replace(signature, '')
    .trim();
  const digest = createHash('sha256').update(document).digest('base64');
  const digested = fill(text, { DIGEST: digest });
  const info = `<SignedInfo xmlns="${DSIG}">${between(signatureIn(digested), 'SignedInfo')}</SignedInfo>`;
  const value = rsaSha256(info, keys);
  const hmac = (hash: string): string =>
    createHmac(hash, keys.publicPem).update(info).digest('base64');
  return fill(digested, {
    VALUE: value,
    VALUE_UNPADDED: value.replace(/=+$/, ''),
    HMAC_SHA1_VALUE: hmac('sha1'),
    HMAC_SHA256_VALUE: hmac('sha256'),
    ATTACKER_VALUE: rsaSha256(info, attacker),
    ATTACKER_MODULUS: modulusOf(attacker),
  });
}

/** attackWith returns what fills an attack file, by its name, with signatures by `keys` where asked. */
export function attackWith(keys: TestKeys): (name: string) => string {
  const attacker = rsaKeys();
  const read = (name: string): string =>
    fill(readFileSync(new URL(`${name}.xml`, FOLDER), 'utf8'), CONTENT);
  const honest = seal(read('control-honest'), keys, attacker);
  const other = seal(read('another-document'), keys, attacker);
  const parts = {
    SIGNATURE: signatureIn(honest),
    SIGNED_INFO: `<SignedInfo>${between(honest, 'SignedInfo')}</SignedInfo>`,
    SIGNATURE_VALUE: between(honest, 'SignatureValue'),
    DIGEST_VALUE: between(honest, 'DigestValue'),
    OTHER_SIGNATURE: signatureIn(other),
  };
  return (name) => seal(fill(read(name), parts), keys, attacker);
}
