/** Debian's changelog: one entry, for the package follows the sources and has no life of its own. Pure. */
import type { BuildFacts } from './build-facts.ts';
import { MAINTAINER } from './render-control.ts';

/** RFC 5322 dates, as deb-changelog(5) wants them. */
function dateText(seconds: number): string {
  return new Date(seconds * 1000).toUTCString().replace('GMT', '+0000');
}

/** renderChangelog returns it. */
export function renderChangelog({ version, date }: BuildFacts): string {
  return `nodemgr (${version}) unstable; urgency=medium

  * Built from the sources of version ${version}.

 -- ${MAINTAINER}  ${dateText(date)}
`;
}
