/** The one configuration file: its keys, its checks, and where it is found. */
export { checkNamedFiles } from './check-named-files.ts';
export { type ConfigKey, configKeys } from './config-keys.ts';
export * from './load-config.ts';
export * from './parse-config.ts';
export * from './read-bounded-file.ts';
export { readPrivateFile, readPrivateFileBefore } from './read-private-file.ts';
export { readTrustedFile } from './read-trusted-file.ts';
export * from './schema.ts';
