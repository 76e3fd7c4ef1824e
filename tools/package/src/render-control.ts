/** The package's control file (deb-control(5)) and its triggers (deb-triggers(5)). Pure. */
import type { BuildFacts } from './build-facts.ts';

export const MAINTAINER = 'Node Manager developers <nodemgr@packages.invalid>';

/** nodeDependencies: Debian's Node.js keeps its ABI in a library that is named by it. */
export function nodeDependencies({ build }: BuildFacts, nodeMajor: number): readonly string[] {
  return [`nodejs (>= 20.19)`, `nodejs (<< ${nodeMajor + 1}~)`, `libnode${build.node_abi}`];
}

/**
 * renderTriggers returns the package's interest in what Node.js runs from, for code that was compiled ahead is good for
 * one Node.js. V8 is in the library.
 */
export function renderTriggers({ build, triplet }: BuildFacts): string {
  const library = `/usr/lib/${triplet}/libnode.so.${build.node_abi}`;
  return ['/usr/bin/node', library].map((file) => `interest-noawait ${file}\n`).join('');
}

/**
 * Programs that are run and systemd as the units need it. What is essential in Debian (tar, mount, rm,
 * the scripts' own helpers) is not named.
 */
const PROGRAMS = [
  'default-dbus-system-bus | dbus-system-bus', // both agents ask systemd by it
  'iproute2', // tc
  'nftables',
  'passwd', // useradd, usermod, userdel
  'procps', // pkill
  'quota', // setquota, on purge; repquota, for operators
  'systemd (>= 257~)',
  'systemd-container (>= 257~)', // systemd-nspawn
];

/** An older one does not start beside our drop-in: no PAMServiceName, no Subsystem in a Match (sshd_config(5)). */
const OLDEST_SSHD = '1:9.8~';

export interface ControlFacts extends BuildFacts {
  readonly nodeMajor: number;
  /** What the ELF files need, as dpkg-shlibdeps(1) tells it. */
  readonly libraries: readonly string[];
  /** KiB. */
  readonly installedSize: number;
}

/** renderControl returns the file. */
export function renderControl(facts: ControlFacts): string {
  const depends = [...facts.libraries, ...nodeDependencies(facts, facts.nodeMajor), ...PROGRAMS];
  return `Package: nodemgr
Version: ${facts.version}
Architecture: ${facts.architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${facts.installedSize}
Depends: ${depends.join(', ')}
Recommends: openssh-server
Breaks: openssh-server (<< ${OLDEST_SSHD})
Suggests: mmdebstrap
Section: admin
Priority: optional
Description: makes one shared Linux machine agree with what its authority says
 A node is one machine that many tenants share. The node manager fetches from
 the authority who may use it, creates and limits each tenant's container,
 caps the node's bandwidth, lets tenants lend each other resources, and answers
 an XML-RPC API.
 .
 It consists of five small daemons; restarting, upgrading or losing any of
 them disturbs no container.
`;
}
