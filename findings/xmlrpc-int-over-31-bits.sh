#!/bin/sh
# The npm package xmlrpc 1.3.2, its serializer.
#
# Expected: XML-RPC's <int> is a four-byte signed integer; a whole number beyond it is written as <i8>, as
#   a <double>, or refused.
# Behaviour: every number without a fraction is written as <int>, 5000000000 as well as 1e+21, with the
#   exponent, which is no integer in anybody's grammar.
# Why it matters here: rates and quotas exceed 31 bits, and clients made with this package send them so. The
#   gateway takes integers over 31 bits in <int>, and writes its own as <i8> instead of by this serializer.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" xmlrpc@1.3.2
cd "$folder"
seen=$(node -e '
  const { serializeMethodCall } = require("xmlrpc/lib/serializer");
  const integers = serializeMethodCall("m", [5000000000, 1e21]).match(/<int>.*?<\/int>/g);
  console.log(integers.join(" "));
')
echo "seen: $seen"
test "$seen" = '<int>5000000000</int> <int>1e+21</int>'
