/** The version of the package that this was built from. */
import packageJson from '../../../package.json' with { type: 'json' };

export const VERSION: string = packageJson.version;
