#!/bin/sh
# Node.js (seen with 20.20.2), vm.Script with `importModuleDynamically` and `cachedData`. Installs nothing.
#
# Expected: a script whose code another process has kept (`createCachedData`) does what it does without: with
#   vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER its `import()` loads modules (Node.js' documentation of vm).
# Behaviour: the kept code is accepted (`cachedDataRejected` is false), and `import()` in it is then refused with
#   ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING. With code that the same process has made, it works.
# Why it matters here: the package keeps the code of its programs. A program that came to use `import()` would
#   work in every test from source, and fail where it is installed. A test keeps it out of them.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > run.cjs <<'END'
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { Script, constants } = require('node:vm');
const text = "import('node:os').then(() => 'imported', (error) => error.code)";
const kept = existsSync('kept') ? { cachedData: readFileSync('kept') } : {};
const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
const script = new Script(text, { filename: '/program.cjs', importModuleDynamically, ...kept });
script.runInThisContext().then((outcome) => {
  console.log(script.cachedDataRejected === undefined ? 'compiled' : `rejected: ${script.cachedDataRejected}`, outcome);
  writeFileSync('kept', script.createCachedData());
});
END
seen=$(node run.cjs; node run.cjs)
echo "seen: $seen"
test "$seen" = 'compiled imported
rejected: false ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING'
