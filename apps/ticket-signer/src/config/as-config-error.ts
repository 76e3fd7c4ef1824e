/** Tells what only an operator can put right from what a restart may. Pure. */
import { ConfigError } from '@nodemgr/config';

/** asConfigError returns what `act` does; what it throws is thrown as a fault of the configuration `file`. */
export function asConfigError<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new ConfigError(file, [{ key: '', message: (cause as Error).message }]);
  }
}
