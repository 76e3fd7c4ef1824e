#!/bin/sh
# tc of iproute2 (seen with 6.1.0), classes of sch_htb. Needs root, for a network namespace of its own;
# nothing is installed.
#
# Expected: `tc -j class show` prints JSON, as `tc -j qdisc show` does for the very same htb.
# Behaviour: it prints the plain text for people, and ends with status 0.
# Why it matters here: rates, ceilings and counters of every sliver are read back from its HTB class. Whoever
#   reads them by `tc -j` gets text that no JSON parser takes, or units that are rounded for people; the
#   node manager asks the kernel by netlink instead.
set -eu
echo "seen with: $(tc -V), kernel $(uname -r)"
unshare --net sh -eu -c '
  ip link add finding0 type veth peer name finding1
  tc qdisc add dev finding0 root handle 1: htb
  tc class add dev finding0 parent 1: classid 1:1 htb rate 1mbit quantum 1500
  qdisc=$(tc -j qdisc show dev finding0)
  class=$(tc -j class show dev finding0)
  echo "seen of the qdisc: $qdisc"
  echo "seen of its class: $class"
  case $qdisc in "[{\"kind\":\"htb\""*) ;; *) exit 1 ;; esac
  case $class in "class htb 1:1 root "*) ;; *) exit 1 ;; esac
'
