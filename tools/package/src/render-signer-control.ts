/** The control file of the package `nodemgr-ticket-signer` (deb-control(5)). Pure. */
import { type ControlFacts, MAINTAINER, nodeDependencies } from './render-control.ts';

const PROGRAMS = ['systemd (>= 252~)'];

/** renderSignerControl returns the file. */
export function renderSignerControl(facts: ControlFacts): string {
  const depends = [...facts.libraries, ...nodeDependencies(facts, facts.nodeMajor), ...PROGRAMS];
  return `Package: nodemgr-ticket-signer
Source: nodemgr
Version: ${facts.version}
Architecture: ${facts.architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${facts.installedSize}
Depends: ${depends.join(', ')}
Section: admin
Priority: optional
Description: signs tickets that the node manager takes in an authority's name
 A ticket says that a slice may have a sliver on the nodes that it names, and
 until when; a node takes one from anybody when the signature is its
 authority's.
 .
 This is the authority's side: a small server that holds the key, and signs
 for the callers on its list the slices that each of them may have signed. No
 node needs it.
`;
}
