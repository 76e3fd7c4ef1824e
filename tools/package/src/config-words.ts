/**
 * What each key of nodemgr.toml is for, in words for an operator: the comments of the installed file
 * and the text of nodemgr.toml(5) are made of them. What is allowed and the default are not repeated
 * here; libs/config knows them. A test holds this list against its keys.
 */
import { RESOURCES } from '@nodemgr/records';

export interface KeyWords {
  readonly about: string;
  /** What stands in the installed file, as TOML, in effect there. */
  readonly installed?: string;
  /** What the installed file shows of a key that has no default, as TOML. */
  readonly example?: string;
}

const NODE: Readonly<Record<string, KeyWords>> = {
  'node.id': {
    about: "This node's id at PLC: a slice is ours if its <nodes> names it.",
    example: '17',
  },
  'node.state_dir': {
    about:
      'Where the database, the last good document and every sliver are kept. The driver "linux" wants ' +
      'it to be the default, on ext4 or xfs with project quotas.',
  },
  'node.runtime_dir': { about: 'Where the sockets are.' },
  'node.driver': {
    about:
      'What carries out the steps that the agents plan: "linux" on this machine; "dry-run" only says ' +
      'what it would do, and pretends.',
    installed: '"linux"',
  },
  'node.boot_id_file': { about: 'The file that says which boot this is.' },
};

const PLC: Readonly<Record<string, KeyWords>> = {
  'plc.kind': {
    about:
      'What PLC speaks: "slices-xml" for a document that it offers, "getslivers" for the method GetSlivers of ' +
      'PLCAPI (PLC 4 and later).',
  },
  'plc.url': {
    about:
      'Where slices.xml is: https:, or file: for a copy on this machine. With kind "getslivers", where PLCAPI ' +
      'answers, such as https://plc.example.org/PLCAPI/.',
    example: '"https://plc.example.org/slices.xml"',
  },
  'plc.ca_file': {
    about:
      "PEM file with the authority's own CA, or an intermediate one, or the server's certificate itself. It is " +
      "read for each poll. Without it, the system's CAs are trusted.",
    example: '"/etc/nodemgr/plc-ca.pem"',
  },
  'plc.allowed_signers_file': {
    about:
      'Who may sign slices.xml, in the form of ssh-keygen(1), ALLOWED SIGNERS. Where it is set, a document counts only ' +
      'with a signature beside it (`ssh-keygen -Y sign -n nodemgr-slices`, in the file of its name and `.sig`), and only ' +
      'if it is later, by the serial of its root, than the one that the node has. The file is read for each poll. It ' +
      "must be root's or nodemgr-plc's, and writable by nobody else.",
    example: '"/etc/nodemgr/allowed-signers"',
  },
  'plc.revocation_file': {
    about:
      'Public keys, one a line, whose signatures do not count, whoever may sign. Where it is set it must be there; it ' +
      'is read, and must be owned, like plc.allowed_signers_file.',
    example: '"/etc/nodemgr/revoked-keys"',
  },
  'plc.signatures_needed': {
    about:
      'How many different people must have signed a document: the blocks of their signatures stand one after the other ' +
      'in the file. Lines with a name in common are one person, and all lines with patterns are.',
  },
  'plc.max_age_seconds': {
    about:
      'A signed document that was made longer ago than this is trouble in `nmctl status`. Nothing is removed because of it.',
    example: '604800',
  },
  'plc.node_key_file': {
    about:
      'File with the key that PLC knows this node by, for kind "getslivers". It is read for each call. It must be ' +
      "nodemgr-plc's, and readable by nobody else (mode 0400 or 0600).",
    example: '"/etc/nodemgr/node.key"',
  },
  'plc.slice_prefix': {
    about:
      'The prefix of the slices of PLC itself, for kind "getslivers": the amounts of PREFIX_default hold for every ' +
      'sliver whose own tags do not say otherwise.',
  },
  'plc.images': {
    about:
      'The images of this node by the families of PLC, for kind "getslivers". A family that is not in it is the ' +
      'image "default".',
    example: '{ "lxc-f27-x86_64" = "fedora" }',
  },
  'plc.poll_seconds': { about: 'How often the document is fetched.' },
  'plc.spread': {
    about:
      "The share of the interval over which a fleet's polls are spread, so that nodes that booted " +
      'together do not poll together.',
  },
  'plc.timeout_seconds': { about: 'A fetch that takes longer has failed.' },
  'plc.max_backoff_seconds': { about: 'The longest pause after failures.' },
  'plc.max_bytes': { about: 'The largest document that is taken, unpacked.' },
};

const GUARD: Readonly<Record<string, KeyWords>> = {
  'guard.max_removed_share': {
    about:
      'An update that would remove more than this share of the running slivers is held back until ' +
      '`nmctl guard allow` lets it through.',
  },
  'guard.min_slivers': { about: 'The guard acts when at least this many run.' },
};

const CLOCK: Readonly<Record<string, KeyWords>> = {
  'clock.require_sync': {
    about:
      'Whether records expire, kept files are purged, and days of the daily byte limits begin, only once the clock ' +
      'has been synchronised since boot.',
  },
  'clock.jump_seconds': { about: 'A clock that moves by more than this at once has jumped.' },
  'clock.settle_seconds': { about: 'How long after a jump nothing expires and nothing is purged.' },
};

const LEASES: Readonly<Record<string, KeyWords>> = {
  'leases.beside_holder': {
    about:
      'What happens while a slice has a lease of a node with the policy lease_or_shared: "raise" gives it larger ' +
      'shares, "stop" stops the slivers that are not of the system.',
  },
  'leases.raise': {
    about:
      'How many times its CPU, network and disk shares the holder of a lease has with "raise".',
  },
  'leases.warn_seconds': {
    about: 'How long before a sliver is stopped for leases its tenants are told; 0: they are not.',
  },
  'leases.warn_by': {
    about:
      'How tenants are told: "file" is /run/nodemgr-boot/stopping inside the sliver, "signal" one to its first ' +
      'process, which calls its start script with `warn NAME SECONDS`.',
  },
};

const TICKETS: Readonly<Record<string, KeyWords>> = {
  'tickets.trusted_keys_file': {
    about:
      'PEM file with the public keys or certificates of those who may sign tickets. It is read for each ' +
      "ticket, and must be root's or db-service's own and writable by nobody else. Of a certificate only the key " +
      'counts: neither its dates nor who issued it are looked at, so that one that has expired still counts ' +
      'until it is taken off the list. Without the file no tickets are accepted.',
  },
  'tickets.allow_rsa_sha1': {
    about: 'Whether signatures made with SHA-1 count, as old tools make them.',
  },
};

const ACCOUNTS: Readonly<Record<string, KeyWords>> = {
  'accounts.workers': { about: 'How many accounts are worked on side by side.' },
  'accounts.keep_files_seconds': {
    about: "How long a removed sliver's files are kept, should its slice come back.",
  },
  'accounts.first_range_id': {
    about:
      'The first user id of the slivers, 65536 for each. The default is in what systemd leaves ' +
      'unused (UIDS-GIDS.md). Not to be changed once there are slivers.',
  },
  'accounts.first_uid': {
    about:
      'The first user id of the accounts themselves, one for each. Not to be changed once there are any.',
  },
  'accounts.slots': { about: 'How many accounts fit on this node.' },
  'accounts.disk_overcommit': {
    about:
      'How many times the room that slivers have on their disk their quotas may add up to, before `nmctl status` has it as trouble.',
  },
  'accounts.disk_write_part': {
    about:
      'The part of what their disk takes (/var/lib/nodemgr/disk-speed, measured once by /usr/lib/nodemgr/measure-disk) that one sliver may write at the most, in bytes and in requests a second: what one writes without pause must not be the outage of all. 1: no bound.',
  },
  'accounts.passwd_file': { about: 'Where the accounts are looked up.' },
  'accounts.subuid_file': { about: "Where the slivers' id ranges are looked up." },
  'accounts.sliver_shell': {
    about:
      'The login shell of slivers: an account that has neither this nor the next is never touched.',
  },
  'accounts.delegate_shell': { about: 'The login shell of delegates.' },
};

const BANDWIDTH: Readonly<Record<string, KeyWords>> = {
  'bandwidth.cap': {
    about: "Cap of the node's ordinary traffic, bits/s. Without it there is none.",
    example: '100000000',
  },
  'bandwidth.exempt_ips': { about: 'Addresses and prefixes that the cap does not count.' },
  'bandwidth.interface': {
    about: 'The uplink. Without it, the one of the default route.',
    example: '"eth0"',
  },
  'bandwidth.link_rate': { about: 'What the uplink can carry, bits/s.' },
  'bandwidth.day_hour': {
    about:
      'The hour at which the day of nm_net_max_byte and its kin begins: what slivers have sent is counted from ' +
      'then on.',
  },
  'bandwidth.day_zone': { about: 'The time zone that day_hour is of.' },
};

const DELEGATES: Readonly<Record<string, KeyWords>> = {
  'delegates[].name': {
    about: 'The name of an account that may call the API over ssh: `ssh NAME@node < request.xml`.',
    example: '"site_snoop"',
  },
  'delegates[].ssh_keys': {
    about: 'Who may log in: public keys, as in authorized_keys.',
    example: '["ssh-ed25519 AAAA… someone@example.org"]',
  },
  'delegates[].methods': {
    about: 'Methods that it may call on every sliver of this node.',
    example: '["GetRSpec", "GetLoans"]',
  },
};

const API: Readonly<Record<string, KeyWords>> = {
  'api.socket': {
    about: 'The Unix socket. Where systemd listens, its unit decides (nodemgr-api-unix.socket).',
    example: '"/run/nodemgr/api.sock"',
  },
  'api.tcp_port': {
    about:
      'The port on 127.0.0.1; 0 is none. Where systemd listens, its unit decides (nodemgr-api-tcp.socket).',
  },
  'api.root_uids': { about: 'User ids that count as root.' },
  'api.max_body_bytes': { about: 'The largest request that is taken.' },
  'api.max_depth': { about: 'How deep arrays and structs may nest in a request.' },
  'api.request_seconds': { about: 'How long a request may take to arrive.' },
  'api.write_seconds': { about: 'How long a call that changes something waits for the database.' },
  'api.max_connections': { about: 'How many callers may be connected at once.' },
};

const resourceWords = Object.entries(RESOURCES).map(
  ([name, { meaning, unit, ...resource }]): [string, KeyWords] => {
    const about = meaning.replace(/^\w/, (first) => first.toUpperCase());
    const unlimited = 'unlimited' in resource ? '; -1: no limit' : '';
    return [`rspec_defaults.${name}`, { about: `${about} (${unit}${unlimited}).` }];
  },
);

export const KEY_WORDS: Readonly<Record<string, KeyWords>> = {
  ...NODE,
  ...PLC,
  ...GUARD,
  ...CLOCK,
  ...TICKETS,
  ...LEASES,
  ...ACCOUNTS,
  ...BANDWIDTH,
  ...DELEGATES,
  ...API,
  'log.level': { about: 'The least important lines that are still logged.' },
  ...Object.fromEntries(resourceWords),
};

/** What each table is for. */
export const TABLE_WORDS: Readonly<Record<string, string>> = {
  node: 'The node itself.',
  plc: 'The authority that decides who may use the node.',
  guard: 'Keeps an authority that answers with too little from emptying the node.',
  clock: 'When the clock may be trusted: a slice ends by it.',
  tickets: 'Slivers that somebody else than the document may vouch for, by signature.',
  leases: 'Nodes that slices reserve for a time.',
  accounts: 'The Unix accounts behind slivers and delegates.',
  bandwidth: "Limits of the node's traffic.",
  'delegates[]': 'Accounts without a sliver, by way of which someone outside may call the API.',
  api: 'The XML-RPC API.',
  log: 'The log: see `journalctl -u "nodemgr-*"`, whose levels are those of journald (`-p warning`).',
  rspec_defaults: 'What a sliver has of each resource when its record does not say.',
};
