/** Builds slices.xml for tests. */

export interface SliceSpec {
  readonly name: string;
  readonly id?: number | undefined;
  readonly expiry?: number | undefined;
  readonly nodes?: readonly number[];
  readonly users?: readonly number[];
  readonly rspec?: Readonly<Record<string, number | string>>;
}

/** The node that tests run as. */
export const NODE_ID = 17;
const FAR = 2_200_000_000;

function resource([name, value]: readonly [string, number | string]): string {
  const type = typeof value === 'number' ? 'integer' : 'string';
  return `<resource name="${name}"><value name="${name}" type="${type}">${value}</value></resource>`;
}

/** sliceXml writes one <slice>; on our node and far from its expiry unless told otherwise. */
export function sliceXml(slice: SliceSpec): string {
  const { name, id = 1, expiry = FAR, nodes = [NODE_ID], users = [], rspec = {} } = slice;
  return `<slice name="${name}" id="${id}" expiry="${expiry}">
    <timestamp value="1700000000"/>
    <nodes>${nodes.map((node) => `<node id="${node}" hostname="n${node}.example.org"/>`).join('')}</nodes>
    <users>${users.map((user) => `<user person_id="${user}" email="u${user}@example.org"/>`).join('')}</users>
    <rspec>${Object.entries(rspec).map(resource).join('')}</rspec>
  </slice>`;
}

/** documentXml wraps the text of slices (and whatever else) in a document. */
export function documentXml(...parts: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<planetlab_slices version="0.5" xmlns="http://www.planet-lab.org/xml">
${parts.join('\n')}
</planetlab_slices>
`;
}

/** A lease: the slice, and the times of its begin and its end (seconds since 1970). */
export type LeaseSpec = readonly [slice: string, from: number, until: number];

/** leasesXml writes the <leases> of a reservable node. */
export function leasesXml(policy: string, ...leases: readonly LeaseSpec[]): string {
  const inside = leases.map(
    ([slice, from, until]) => `<lease slice="${slice}" from="${from}" until="${until}"/>`,
  );
  return `<leases policy="${policy}">${inside.join('')}</leases>`;
}

/** aDocument writes a document of these slices; ids are their places. */
export function aDocument(...slices: readonly SliceSpec[]): string {
  return documentXml(...slices.map((slice, place) => sliceXml({ id: place + 1, ...slice })));
}
