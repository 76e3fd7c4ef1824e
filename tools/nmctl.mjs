#!/usr/bin/env node
// nmctl in a checkout (`npx nmctl …`): loads the bundle, or says how to make it.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const bundle = fileURLToPath(new URL('../dist/apps/nmctl/main.cjs', import.meta.url));
if (existsSync(bundle)) {
  createRequire(import.meta.url)(bundle);
} else {
  process.stderr.write('nmctl: not built yet: run npm run build\n');
  process.exitCode = 2;
}
