/** Which slices a caller may have signed: an exact name, a prefix that contains the site, or all. Pure. */
import { isSliceName, MAX_NAME_LENGTH } from '@nodemgr/records';

/** A prefix without the `_` after the site would also cover sites that only begin alike. */
export const SLICE_PATTERN = new RegExp(
  `^(?=.{1,${MAX_NAME_LENGTH}}$)(?!\\.)(?!.*\\.\\.)[a-z0-9.]+_[a-zA-Z0-9_.]*\\*$`,
);

/** The rule in words, for messages and the manual. */
export const PATTERN_RULE =
  'the name of a slice, a prefix that has the whole site ("princeton_*"), or "*" for all';

/** matchesPattern reports whether `pattern`, of one of the three forms, covers the slice `name`. */
export function matchesPattern(pattern: string, name: string): boolean {
  if (!isSliceName(name)) return false;
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
