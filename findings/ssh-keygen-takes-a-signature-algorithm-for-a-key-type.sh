#!/bin/sh
# OpenSSH's ssh-keygen (seen with 9.2p1). Needs it installed; installs nothing.
#
# Expected: a public key's line begins with the type that its blob has (sshd(8), AUTHORIZED_KEYS FILE
#   FORMAT; RFC 4253, 6.6): `rsa-sha2-512`, the name of a signature algorithm (RFC 8332), is no type of
#   key, and such a line is no public key.
# Behaviour: a line `rsa-sha2-512 BLOB` with the blob of an ordinary ssh-rsa key is read as that key, while
#   any other wrong type before the same blob is refused.
# Why it matters here: ssh-keygen is the judge of the keys that an authority sends, so such a line is a key,
#   and whoever decodes blobs by the word before them refuses what sshd lets in.
set -eu
echo "seen with: $(ssh -V 2>&1)"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
ssh-keygen -q -t rsa -b 2048 -N '' -C finding -f key
fingerprint=$(ssh-keygen -l -f key.pub)
blob=$(cut -d ' ' -f 2 key.pub)
echo "rsa-sha2-512 $blob finding" > algorithm.pub
echo "ssh-ed25519 $blob finding" > wrong.pub
echo "seen: $(ssh-keygen -l -f algorithm.pub)"
test "$(ssh-keygen -l -f algorithm.pub)" = "$fingerprint"
! ssh-keygen -l -f wrong.pub
