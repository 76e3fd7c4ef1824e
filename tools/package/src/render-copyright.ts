/** The package's copyright file: our licence, and those of the npm packages that are part of it. Pure. */
import type { UsedPackage } from './used-packages.ts';

const RULE = '-'.repeat(78);

/** Who has no licence file says its licence in package.json alone. */
function section({ name, version, licence, text }: UsedPackage): string {
  const terms = text === '' ? `Licence: ${licence}, as its package.json says.` : text;
  return `${RULE}\n${name} ${version} (${licence})\n\n${terms}\n`;
}

const IN_NODE = 'merged into its programs or below\n/usr/lib/nodemgr/node_modules';

/** renderCopyright returns the file; `ours` is the text of our own licence, `where` says where theirs are. */
export function renderCopyright(
  used: readonly UsedPackage[],
  ours: string,
  where: string = IN_NODE,
): string {
  return `The Node Manager is free software:

${ours.trim()}

It contains the following npm packages, ${where}, each under its own terms.

${used.map(section).join('\n')}`;
}
