// Starts the program beside this file, with the code that make-code.cjs has kept of it in program.code: without it
// Node.js compiles a program anew at each start, function by function. Nothing is written here, and no start fails for
// its code: what is not to be trusted is left alone, and the program is compiled as ever.
'use strict';
const { readFileSync, statSync } = require('node:fs');
const { wrap, wrapper } = require('node:module');
const { join } = require('node:path');
const { Script } = require('node:vm');
const { crc32 } = require('node:zlib');

const program = join(__dirname, 'program.cjs');
const SUM_BYTES = 4;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * filesOfNode returns the files that this Node.js runs from: its program, and the library in which Debian's has V8.
 * Throws an Error where there is no /proc.
 */
function filesOfNode() {
  const libraries = readFileSync('/proc/self/maps', 'utf8').match(/\/.*\/libnode\.so.*/g);
  return [...new Set([process.execPath, ...(libraries ?? [])])];
}

/** describeFile returns what is another for a file that was replaced. */
function describeFile(file) {
  const { size, mtimeNs, ino } = statSync(file, { bigint: true });
  return `${size} ${mtimeNs} ${ino}`;
}

/**
 * makeSum returns the function that computes the checksum of code, and of what the code is made of and by: the program's
 * text, and this Node.js, of which Debian may change V8 without another version. V8 itself looks at the head of code
 * only (its version, its flags, how long the text is), and crashes of what is damaged behind that. The function throws
 * an Error where this Node.js cannot be told from another. It is kept as long as the program runs, and the text is not.
 */
function makeSum(text) {
  try {
    const maker = JSON.stringify([process.versions, ...filesOfNode().map(describeFile)]);
    const origin = crc32(text, crc32(maker));
    return (code) => crc32(code, origin);
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** isTrusted reports whether nobody may write the code but the owner of the program: it runs as the program does. */
function isTrusted(file) {
  const { uid, mode } = statSync(file);
  return uid === statSync(program).uid && (mode & WRITABLE_BY_OTHERS) === 0;
}

/** readCode returns the code that was kept; undefined where there is none that is whole and of the same making. */
function readCode(sumOf) {
  const file = join(__dirname, 'program.code');
  try {
    if (!isTrusted(file)) return undefined;
    const kept = readFileSync(file);
    const code = kept.subarray(0, -SUM_BYTES);
    return kept.readUInt32LE(code.length) === sumOf(code) ? code : undefined;
  } catch {
    // There is none, or it cannot be read, or is too short for a checksum; or this may be another Node.js.
    return undefined;
  }
}

/** start runs the program as a script, which must not have import() in it: Node.js forgets how to, of kept code. */
function start() {
  const text = readFileSync(program);
  const sumOf = makeSum(text);
  const script = new Script(wrap(text.toString()), {
    filename: program,
    cachedData: readCode(sumOf),
    // Places in stack traces are those of the file.
    columnOffset: -wrapper[0].length,
  });
  // Before the program runs: it may end the process.
  module.exports = { script, sumOf };
  const own = { exports: {} };
  script.runInThisContext()(own.exports, require, own, program, __dirname);
}

// Node.js looks for the source map of a module, and not for that of a script.
if (process.sourceMapsEnabled) require(program);
else start();
