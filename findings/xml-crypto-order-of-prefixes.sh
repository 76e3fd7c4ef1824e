#!/bin/sh
# xml-crypto 6.3.2 (with @xmldom/xmldom 0.8.11), its Canonical XML 1.0.
#
# Expected: namespace declarations in the order of their prefixes' code points (Canonical XML 1.0, section
#   2.3), capitals first, the same on every machine: xmlns:B, xmlns:a, xmlns:b.
# Behaviour: they are sorted by String.localeCompare: the order follows the locale that Node.js was started
#   in (English: a b B; Danish: a B b), and in neither is it the one of the standard.
# Why it matters here: what is signed with one locale is refused with another, and xmlsec1 agrees with
#   neither as soon as two prefixes differ in case. Our tickets may have no prefixes at all.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" xml-crypto@6.3.2 @xmldom/xmldom@0.8.11
cd "$folder"
cat > canonical.cjs <<'END'
const { C14nCanonicalization } = require('xml-crypto');
const { DOMParser } = require('@xmldom/xmldom');
const text = '<r xmlns:b="u:b" xmlns:B="u:B" xmlns:a="u:a"/>';
const root = new DOMParser().parseFromString(text, 'text/xml').documentElement;
console.log(new C14nCanonicalization().process(root, {}));
END
english=$(LC_ALL=en_US.UTF-8 node canonical.cjs)
danish=$(LC_ALL=da_DK.UTF-8 node canonical.cjs)
echo "seen, English: $english"
echo "seen, Danish:  $danish"
test "$english" = '<r xmlns:a="u:a" xmlns:b="u:b" xmlns:B="u:B"></r>'
test "$danish" = '<r xmlns:a="u:a" xmlns:B="u:B" xmlns:b="u:b"></r>'
