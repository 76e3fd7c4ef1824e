#!/bin/sh
# Runs a command in the Debian in a folder, with mounts, processes, IPC and a host name of its own. NETWORK is
# this machine's (`shared`) or nothing but a loopback (`none`).
# As root: enter.sh NETWORK ROOT USER FOLDER COMMAND [ARGUMENT …]
set -eu
if [ "${1:-}" != inside ]; then
  case $1 in
    shared) network= ;;
    none) network=--net ;;
  esac
  exec unshare --mount --pid --ipc --uts $network --fork --kill-child --propagation private "$0" inside "$@"
fi
[ "$2" = shared ] || ip link set lo up
root=$3 user=$4 folder=$5
shift 5
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 dev "$root/dev"
for name in null zero full random urandom tty; do
  : >"$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do
  ln -s "fd/${number%:*}" "$root/dev/${number#*:}"
done
hostname bare
# What is left of the command ends with its shell, which is process 1.
chroot --userspec="$user" "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
