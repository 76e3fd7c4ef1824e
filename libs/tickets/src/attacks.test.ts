/** Every known attack on XML-DSig that applies to tickets, each with its file in attacks/. */
import { describe, expect, test } from 'vitest';
import { attackNames, attackWith } from './attack-files.test-support.ts';
import { outcomeOf, rsaKeys, trusting } from './ticket-builder.test-support.ts';

const CHANGED = /it was changed after it was signed$/;
const UNTRUSTED = /no key that this node trusts has signed it$/;
const NOT_ACCEPTED = /the algorithm ".*" is not accepted$/;
const NO_SHA1 = /does not allow SHA-1$/;
const NOT_ALLOWED = (what: string) => new RegExp(`line 1: ${what}.* is not allowed in a ticket$`);
const MISPLACED = (parent: string, child: string) =>
  new RegExp(`in <${parent}> stands ${child} where .* belongs$`);
const NOT_BASE64 = (name: string) => new RegExp(`<${name}> does not hold base64$`);
const TRANSFORMS = /<Transforms> are not enveloped-signature and C14N 1.0$/;
const C14N = /<CanonicalizationMethod> is not C14N 1.0$/;
const NOT_WHOLE = /its signature is over ".+", not over the whole ticket$/;

/** Why each is refused. Most are signed by a trusted key: it is their form that gives them away. */
const ATTACKS: Readonly<Record<string, RegExp>> = {
  'algorithm-dsa': NOT_ACCEPTED,
  'algorithm-ecdsa-for-an-rsa-key': UNTRUSTED,
  'algorithm-empty': NOT_ACCEPTED,
  'algorithm-hmac-sha1-with-public-key': NOT_ACCEPTED,
  'algorithm-hmac-sha256-with-public-key': NOT_ACCEPTED,
  'algorithm-hmac-truncated': MISPLACED('SignatureMethod', '<HMACOutputLength>'),
  'algorithm-none': NOT_ACCEPTED,
  'algorithm-of-the-prototype': NOT_ACCEPTED,
  'algorithm-rsa-md5': NOT_ACCEPTED,
  'algorithm-rsa-pss': NOT_ACCEPTED,
  'algorithm-rsa-sha1': NO_SHA1,
  'algorithm-sha512-declared-sha256-made': UNTRUSTED,
  'another-document': /the root is <planetlab_slices>, not <ticket>$/,
  'another-document-renamed': CHANGED,
  'attribute-xml-base': NOT_ALLOWED('the name "xml:base"'),
  'attribute-xml-id': NOT_ALLOWED('the name "xml:id"'),
  'attribute-xml-lang': NOT_ALLOWED('the name "xml:lang"'),
  'attribute-xml-space': NOT_ALLOWED('the name "xml:space"'),
  'billion-laughs': NOT_ALLOWED('<!DOCTYPE'),
  'c14n-1-1': C14N,
  'c14n-enveloped': C14N,
  'c14n-exclusive': C14N,
  'c14n-none': C14N,
  'c14n-with-comments': C14N,
  'c14n-with-content': MISPLACED('CanonicalizationMethod', '<SignatureMethod>'),
  cdata: NOT_ALLOWED('CDATA'),
  'comment-in-name': NOT_ALLOWED('a comment'),
  'content-bad-delegate': /no caller can be named "root"$/,
  'content-bad-name': /slice "..\/root" cannot be used: a name is like/,
  'content-broken-key': /a key of person "5" cannot be used: options before a key are not allowed/,
  'content-expires-before-issued': /it expires \(1700000000\) before it is issued/,
  'content-ignored-value': /"nm_cpu_share" cannot be used: -1 makes no sense/,
  'content-nested-resource-name': /"__proto__" cannot be used: no resource can be named so$/,
  'content-no-expiry': /its slice has no expiry$/,
  'content-no-nodes': /its slice names no node$/,
  'content-node-outside-nodes': /it does not name this node \(17\)$/,
  'default-attribute-by-doctype': NOT_ALLOWED('<!DOCTYPE'),
  'digest-md5': NOT_ACCEPTED,
  'digest-method-twice': MISPLACED('Reference', '<DigestMethod>'),
  'digest-of-another-length': /<DigestValue> has not the 64 bytes of its algorithm$/,
  'digest-sha1': NO_SHA1,
  'digest-value-base64url': NOT_BASE64('DigestValue'),
  'digest-value-cdata': NOT_ALLOWED('CDATA'),
  'digest-value-comment': NOT_ALLOWED('a comment'),
  'digest-value-comment-within': NOT_ALLOWED('a comment'),
  'digest-value-element': NOT_BASE64('DigestValue'),
  'digest-value-empty': NOT_BASE64('DigestValue'),
  'digest-value-instruction': NOT_ALLOWED('a processing instruction'),
  'digest-value-short': /<DigestValue> has not the 32 bytes of its algorithm$/,
  'digest-value-twice': MISPLACED('Reference', '<DigestValue>'),
  doctype: NOT_ALLOWED('<!DOCTYPE'),
  'doctype-external': NOT_ALLOWED('<!DOCTYPE'),
  'duplicate-attribute': /not well-formed: .*duplicate attribute/,
  'encoding-declared-otherwise': NOT_ALLOWED('the encoding "UTF-7"'),
  'entity-of-the-prototype': /not well-formed: .*undefined entity/,
  'external-entity': NOT_ALLOWED('<!DOCTYPE'),
  'instruction-within': NOT_ALLOWED('a processing instruction'),
  'key-of-the-attacker': UNTRUSTED,
  'key-of-the-attacker-named-as-ours': UNTRUSTED,
  'namespace-removed-within': /<users> changes the namespace$/,
  'no-issued': /its root has no `issued`/,
  'no-slice': /it has no <slice>$/,
  'prefixed-signature': NOT_ALLOWED('the name "ds:Signature"'),
  'prefixed-slice': NOT_ALLOWED('the name "t:ticket"'),
  'processing-instruction': NOT_ALLOWED('a processing instruction'),
  'reference-empty-fragment': NOT_WHOLE,
  'reference-file': NOT_WHOLE,
  'reference-http': NOT_WHOLE,
  'reference-id': NOT_WHOLE,
  'reference-to-manifest': /<Reference> has the attribute "Type"$/,
  'reference-with-id': /<Reference> has the attribute "Id"$/,
  'reference-without-uri': /<Reference> has no URI$/,
  'reference-xpointer': NOT_WHOLE,
  'references-none': /<SignedInfo> has no <Reference>$/,
  'references-two': MISPLACED('SignedInfo', '<Reference>'),
  'references-two-alike': MISPLACED('SignedInfo', '<Reference>'),
  'root-in-the-namespace-of-signatures': /the root is in the namespace/,
  'root-of-another-namespace': /the root is in the namespace "urn:other"$/,
  'second-root': /not well-formed/,
  'second-slice-signed': /it has more than one <slice>$/,
  'signature-beside-root': /the root is <Signature>, not <ticket>$|not well-formed/,
  'signature-empty': /<Signature> has no <SignedInfo>$/,
  'signature-first': /its <Signature> is not the last child of the root$/,
  'signature-in-slice': /its <Signature> is not the last child of the root$/,
  'signature-missing': /it is not signed$/,
  'signature-of-another-namespace': /<Signature> is not in the namespace of XML-DSig$/,
  'signature-twice': /it has more than one <Signature>$/,
  'signature-value-cdata': NOT_ALLOWED('CDATA'),
  'signature-value-comment': NOT_ALLOWED('a comment'),
  'signature-value-empty': NOT_BASE64('SignatureValue'),
  'signature-value-junk': NOT_BASE64('SignatureValue'),
  'signature-value-twice': MISPLACED('Signature', '<SignatureValue>'),
  'signature-value-unpadded': NOT_BASE64('SignatureValue'),
  'signature-value-zero': UNTRUSTED,
  'signature-with-id': /<Signature> has the attribute "Id"$/,
  'signature-with-object': MISPLACED('Signature', '<Object>'),
  'signature-with-text': MISPLACED('Signature', '"text"'),
  'signed-info-in-object': /it has more than one <SignedInfo>$/,
  'signed-info-missing': MISPLACED('Signature', '<SignatureValue>'),
  'signed-info-outside': /it has more than one <SignedInfo>$/,
  'signed-info-twice': /it has more than one <SignedInfo>$/,
  'slice-of-another-namespace': /it has more than one <slice>$/,
  'text-after-root': /not well-formed/,
  'transforms-base64': TRANSFORMS,
  'transforms-c14n-alone': TRANSFORMS,
  'transforms-c14n-with-comments': TRANSFORMS,
  'transforms-exclusive-c14n': TRANSFORMS,
  'transforms-none': /<Transforms> has no <Transform>$/,
  'transforms-none-element': MISPLACED('Reference', '<DigestMethod>'),
  'transforms-of-the-prototype': TRANSFORMS,
  'transforms-swapped': TRANSFORMS,
  'transforms-three': MISPLACED('Transforms', '<Transform>'),
  'transforms-twice-enveloped': TRANSFORMS,
  'transforms-with-content': MISPLACED('Transform', '<InclusiveNamespaces>'),
  'transforms-xpath': MISPLACED('Transform', '<XPath>'),
  'transforms-xpath-filter': MISPLACED('Transform', '<XPath>'),
  'transforms-xslt': MISPLACED('Transform', '<stylesheet>'),
  'undefined-entity': /not well-formed: .*undefined entity/,
  'wrap-1-original-in-object': /it has more than one <slice>$/,
  'wrap-2-original-beside-signature': /it has more than one <slice>$/,
  'wrap-3-slice-before-original': /it has more than one <slice>$/,
  'wrap-4-original-in-slice': /it has more than one <slice>$/,
  'wrap-5-signature-in-slice': /its <Signature> is not the last child of the root$/,
  'wrap-6-original-in-key-info': CHANGED,
  'wrap-7-slice-in-unknown-element': /it has more than one <slice>$/,
  'wrap-8-original-in-signature-value': /it has more than one <slice>$/,
  'wrap-9-signed-ticket-in-ticket': /it has more than one <slice>$/,
  'wrap-10-slice-swapped': CHANGED,
  'wrap-11-key-added': CHANGED,
  'xml-1-1': NOT_ALLOWED('XML "1.1"'),
};

describe('attacks on the signature of a ticket', () => {
  const keys = rsaKeys();
  const attack = attackWith(keys);
  const outcome = (name: string) => outcomeOf(attack(name), trusting([keys]));

  test('the ticket that the attacks begin with is accepted', () => {
    expect(outcome('control-honest')).toMatchObject({ name: 'princeton_sirius' });
  });

  test.each(Object.entries(ATTACKS))('%s is refused for what it is', (name, why) => {
    expect(attack(name)).not.toContain('{{');
    expect(outcome(name)).toMatch(why);
  });

  test('every attack file has its reason', () => {
    expect([...attackNames()].sort()).toEqual([...Object.keys(ATTACKS), 'control-honest'].sort());
  });
});
