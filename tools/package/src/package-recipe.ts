/** What makes one Debian package another than the next: the rest is make-package.ts. */
import type { BuildFacts } from './build-facts.ts';
import type { PackageFile } from './package-file.ts';
import type { ControlFacts } from './render-control.ts';

export interface PackageRecipe {
  readonly name: string;
  /** The folder of its maintainer scripts, relative to the root of the checkout. */
  readonly scripts: string;
  /** Files that an administrator may change: dpkg asks before it overwrites them. */
  readonly conffiles: readonly string[];
  /** Its interest in files of other packages (deb-triggers(5)): its postinst is called when they change. */
  readonly triggers?: (facts: BuildFacts) => string;
  /** Everything that is installed. */
  readonly files: (facts: BuildFacts) => readonly PackageFile[];
  /** The text of its control file (deb-control(5)). */
  readonly control: (facts: ControlFacts) => string;
  /** Looks whether what is laid out below `root` runs; throws an Error where it does not. */
  readonly tryOut: (root: string) => void;
}
