#!/bin/sh
# fast-xml-parser 5.12.1, XMLParser and XMLBuilder with the same options (preserveOrder, attributes kept).
#
# Expected: a document that is parsed and built again says the same; `&#10;` in an attribute is a line end.
# Behaviour: the parser leaves numeric character references as they are (htmlEntities is off by default),
#   and the builder escapes their ampersand: `&#10;` comes out as `&amp;#10;`, five characters of text.
# Why it matters here: PLC ends nearly every ssh key with `&#10;` in an attribute. A draft of a ticket that
#   goes through parser and builder would get a key whose comment ends in the text `&#10;`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" fast-xml-parser@5.12.1
cd "$folder"
seen=$(node -e '
  const { XMLParser, XMLBuilder } = require("fast-xml-parser");
  const options = { preserveOrder: true, ignoreAttributes: false };
  const tree = new XMLParser(options).parse(process.argv[1]);
  console.log(new XMLBuilder(options).build(tree));
' '<key value="ssh-rsa AAAA u@host&#10;"/>')
echo "seen: $seen"
test "$seen" = '<key value="ssh-rsa AAAA u@host&amp;#10;"></key>'
