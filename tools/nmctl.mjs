#!/usr/bin/env node
// nmctl in a checkout (`npx nmctl …`): loads the bundle, or says how to make it.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const bundle = fileURLToPath(new URL('../dist/apps/nmctl/main.cjs', import.meta.url));
if (existsSync(bundle)) {
  createRequire(import.meta.url)(bundle);
} else {
  const error = 'not built yet: run npm run build';
  process.stderr.write(`nmctl: ${error}\n`);
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error })}\n`);
  process.exitCode = 2;
}
