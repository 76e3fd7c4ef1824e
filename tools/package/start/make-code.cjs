// make-code.cjs PROGRAM ARGUMENTS…: runs a program of the package, and keeps the code that Node.js has made for that,
// for the next starts (main.cjs beside the program). The code is good for starts with the flags of this one. Exits 1
// and says why where it cannot; what was kept before is then still there.
'use strict';
const fs = require('node:fs');
const { join } = require('node:path');

const [name, ...args] = process.argv.slice(2);
const folder = join(__dirname, name);
const main = join(folder, 'main.cjs');
process.argv = [process.execPath, main, ...args];

/** Writes the code with its checksum, whole or not at all, and for everyone to read whatever the umask is. */
function keep({ script, sumOf }) {
  const code = script.createCachedData();
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(sumOf(code));
  const target = join(folder, 'program.code');
  const beside = `${target}.new`;
  try {
    const file = fs.openSync(beside, 'w');
    fs.fchmodSync(file, 0o644);
    fs.writeFileSync(file, Buffer.concat([code, sum]));
    fs.fsyncSync(file);
    fs.closeSync(file);
    fs.renameSync(beside, target);
  } finally {
    fs.rmSync(beside, { force: true });
  }
}

let failure = new Error('it does not start');
process.once('exit', () => {
  process.exitCode = 1;
  try {
    // Node.js has forgotten a module that has thrown. Otherwise the script has every function by now that was called;
    // how the program ended is not the question.
    const started = require.cache[main]?.exports;
    if (started === undefined) throw failure;
    keep(started);
    process.exitCode = 0;
  } catch ({ message }) {
    fs.writeSync(process.stderr.fd, `${name} was not compiled ahead: ${message.split('\n', 1)}\n`);
  }
});
try {
  require(main);
} catch (error) {
  failure = error;
  process.exit();
}
