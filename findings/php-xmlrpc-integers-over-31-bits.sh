#!/bin/sh
# Debian 12's php8.2-xmlrpc 3:1.0.0~rc3-6 (the extension xmlrpc, on libxmlrpc-epi 0.54.2). Needs php8.2-cli.
#
# Expected: an integer that the extension cannot carry is refused with an error, on either way.
# Behaviour: without a warning, 5000000000 is sent as 705032704 (its low 32 bits), and an <i8> that is
#   received becomes NULL, also in the midst of a struct whose other members are read.
# Why it matters here: rates of 5 Gbit/s and quotas of 5 TB are such integers. A tenant's PHP client that
#   lends one lends something else, and reads GetRSpec with holes. The conformance tests ask PHP with small
#   integers only.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet=2 php8.2-xmlrpc=3:1.0.0~rc3-6 libxmlrpc-epi0=0.54.2-1.3+b1
for package in ./*.deb; do dpkg --extract "$package" .; done
extension=$(find "$folder/usr/lib/php" -name xmlrpc.so)
libraries=$(dirname "$(find "$folder/usr/lib" -name 'libxmlrpc-epi.so.0')")
cat > integers.php <<'END'
<?php
preg_match('~<int>(.*?)</int>~', xmlrpc_encode_request('m', [5000000000]), $sent);
echo "sent $sent[1]\n";
$answer = '<?xml version="1.0"?><methodResponse><params><param><value><struct>'
  . '<member><name>a</name><value><i8>5000000000</i8></value></member>'
  . '<member><name>b</name><value><int>7</int></value></member>'
  . '</struct></value></param></params></methodResponse>';
echo 'read ', json_encode(xmlrpc_decode($answer)), "\n";
END
seen=$(LD_LIBRARY_PATH="$libraries" php -n -d extension="$extension" integers.php)
echo "seen: $seen"
test "$seen" = 'sent 705032704
read {"a":null,"b":7}'
