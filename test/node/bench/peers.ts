/**
 * What users could take instead, on the same machine with the same image: Incus, a general manager of
 * containers, and systemd-nspawn by hand, which is what a sliver costs without anybody who manages it.
 * Only those figures of the node's are measured that they have too.
 */
import { IMAGE_TARBALL } from '../machine/build-disk.ts';
import type { NodeMachine } from '../machine/node-machine.ts';

/** What Incus needs on the machine's disk. */
export const INCUS_PACKAGES = ['incus-base', 'btrfs-progs'] as const;
/** Containers that are made at a time: the machine has two processors. */
const AT_A_TIME = 4;
const POOL = 'pool';
const IMAGE = 'same-image';
const FOLDER = '/var/lib/bench-peers';
const PATIENT = { deadlineMs: 1_800_000 };

/** Seconds, of as many containers as the measurement has slivers. */
export interface PeerFigures {
  readonly comeUp: number;
  readonly oneMore: number;
  readonly removal: number;
}

/** A way to have containers, as scripts of sh(1); each is given the container's number as $1. */
interface Peer {
  readonly prepare: string;
  readonly start: string;
  readonly remove: string;
  readonly end: string;
}

/** The first launch of an image unpacks it: that is no part of what is measured. */
const INCUS: Peer = {
  prepare: `
    systemctl start incus.socket
    incus storage create ${POOL} btrfs size=3GiB
    incus profile device add default root disk path=/ pool=${POOL}
    mkdir --parents ${FOLDER}/incus/root/sbin; cd ${FOLDER}/incus
    tar --extract --file=${IMAGE_TARBALL} --directory=root --exclude='./dev/*'
    rm --force root/sbin/init
    printf '#!/bin/sh\\nexec sleep infinity\\n' > root/sbin/init; chmod 755 root/sbin/init
    printf 'architecture: %s\\ncreation_date: 1\\n' "$(uname -m)" > metadata.yaml
    tar --create --file=metadata.tar metadata.yaml
    tar --create --file=rootfs.tar --directory=root .
    incus image import metadata.tar rootfs.tar --alias ${IMAGE}
    rm --recursive ${FOLDER}/incus
    incus launch ${IMAGE} first; incus delete --force first`,
  start: `exec incus --quiet launch ${IMAGE} "peer-$1" </dev/null`,
  remove: 'exec incus --quiet delete --force "peer-$1"',
  end: `
    incus image delete ${IMAGE}
    incus profile device remove default root
    incus storage delete ${POOL}
    systemctl stop incus.service incus.socket`,
};

/** One overlay, one unit and one systemd-nspawn each, with a user namespace, and nobody's quota or limits. */
const NSPAWN: Peer = {
  prepare: `
    mkdir --parents ${FOLDER}/image
    tar --extract --file=${IMAGE_TARBALL} --directory=${FOLDER}/image --exclude='./dev/*'`,
  start: `
    place=${FOLDER}/$1; mkdir "$place" "$place/upper" "$place/work" "$place/root"
    base=$((1000000000 + $1 * 65536))
    mount -t overlay overlay "$place/root" \\
      -o "lowerdir=${FOLDER}/image,upperdir=$place/upper,workdir=$place/work"
    exec systemd-run --quiet --unit="peer-$1" --property=Type=notify --property=Delegate=yes \\
      systemd-nspawn --quiet --register=no --keep-unit --machine="peer-$1" \\
      --directory="$place/root" --private-users="$base:65536" --private-users-ownership=map \\
      --as-pid2 sleep infinity`,
  remove: `
    systemctl stop "peer-$1.service"
    umount "${FOLDER}/$1/root"; rm --recursive "${FOLDER}/$1"`,
  end: `rm --recursive ${FOLDER}`,
};

export const PEERS = { incus: INCUS, 'systemd-nspawn': NSPAWN } as const;

/** Seconds of a script for each number from `first` to `last`, some at a time; measured in the machine. */
async function secondsOf(
  machine: NodeMachine,
  script: string,
  first: number,
  last: number,
): Promise<number> {
  await machine.write('/run/bench-peer', script);
  const said = await machine.shell(
    `before=$(date +%s%N)
     seq ${first} ${last} | xargs --max-args=1 --max-procs=${AT_A_TIME} sh -eu /run/bench-peer >&2
     echo $(($(date +%s%N) - before))`,
    PATIENT,
  );
  return Number(said) / 1e9;
}

/** measurePeer makes `count` containers, one more, and removes them all; it leaves nothing of the peer's that runs. */
export async function measurePeer(
  machine: NodeMachine,
  { prepare, start, remove, end }: Peer,
  count: number,
): Promise<PeerFigures> {
  await machine.shell(prepare, PATIENT);
  const figures = {
    comeUp: await secondsOf(machine, start, 1, count),
    oneMore: await secondsOf(machine, start, count + 1, count + 1),
    removal: await secondsOf(machine, remove, 1, count + 1),
  };
  await machine.shell(end, PATIENT);
  return figures;
}
