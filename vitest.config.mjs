import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const libs = fileURLToPath(new URL('./libs/', import.meta.url));

export default defineConfig({
  resolve: {
    alias: [{ find: /^@nodemgr\/([a-z-]+)$/, replacement: `${libs}$1/src/index.ts` }],
  },
  test: {
    exclude: [...configDefaults.exclude, 'dist/**'],
    pool: 'forks',
    // Many tests wait for programs, deadlines or the disk: one more worker than processors keeps these busy.
    maxWorkers: availableParallelism() + 1,
    // What ends is told apart from what does not, also beside a busy neighbour.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
