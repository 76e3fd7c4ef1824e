// What every program that esbuild makes of our sources has in common. Packages with a native part stay outside.
export const FOR_NODE = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['zeromq', 'better-sqlite3'],
  tsconfig: 'tsconfig.base.json',
  logLevel: 'warning',
};
