#!/bin/sh
# tc of iproute2 (seen with 6.1.0) and the kernel's sch_htb (seen with 6.18). Needs root, for a
# network namespace of its own; nothing is installed.
#
# Expected: a class whose parent does not exist is refused ('Specified class not found'), as an unknown
#   qdisc is.
# Behaviour: `tc class add … parent 1:eeee` without a class 1:eeee succeeds, and the class hangs below the
#   root, where no other class holds it.
# Why it matters here: a sliver's leaf that is added before its cap, or after the cap was lost, is outside
#   the node's cap, and every command says that all went well. Only the word 'root' in `tc class show` tells.
set -eu
echo "seen with: $(tc -V), kernel $(uname -r)"
unshare --net sh -eu -c '
  ip link add finding0 type veth peer name finding1
  tc qdisc add dev finding0 root handle 1: htb
  tc class add dev finding0 parent 1:eeee classid 1:11 htb rate 1mbit quantum 1500
  seen=$(tc class show dev finding0)
  echo "seen: $seen"
  case $seen in "class htb 1:11 root "*) ;; *) exit 1 ;; esac
'
