// The flags that the programs of slivers must have been built with, read from what was built.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const built = (name: string) => resolve(__dirname, '../../dist/native', name);

function readelf(...values: readonly string[]): string {
  const { status, stdout } = spawnSync('readelf', ['-W', ...values], { encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout;
}

describe.each(['sliver-shell', 'sliver-run', 'sliver-init'])('%s', (name) => {
  const file = built(name);

  it('can be loaded at any address', () => {
    expect(readelf('-h', file)).toMatch(/Type:\s+DYN/);
    expect(readelf('-d', file)).toMatch(/Flags: .*\bPIE\b/);
  });

  it('has no writable code, no executable stack, and all its relocations read-only', () => {
    const segments = readelf('-l', file);
    expect(segments).not.toMatch(/RWE/);
    expect(segments).toMatch(/GNU_STACK .* RW /);
    expect(segments).toMatch(/GNU_RELRO/);
    expect(readelf('-d', file)).toMatch(/BIND_NOW|Flags: .*\bNOW\b/);
  });

  it('looks for libraries in no folder of its own', () => {
    expect(readelf('-d', file)).not.toMatch(/RPATH|RUNPATH/);
  });

  it('checks its stack and its buffers', () => {
    const symbols = readelf('-s', file);
    expect(symbols).toContain('__stack_chk_fail');
    expect(symbols).toMatch(/__\w+_chk\b/);
  });

  it.runIf(process.arch === 'x64')('has its indirect branches checked', () => {
    // Read from the code: the linker's note speaks for libc's start files too.
    const { stdout } = spawnSync('objdump', ['-d', file], { encoding: 'utf8', maxBuffer: 1 << 28 });
    expect(stdout).toMatch(/<main>:\n\s+\S+:\s+f3 0f 1e fa\s+endbr64/);
  });
});

describe('sliver-shell', () => {
  it('needs no library but libc: no module of the name service or of PAM runs setuid', () => {
    const needed = readelf('-d', built('sliver-shell')).match(/NEEDED.*\[(.*)\]/g);
    expect(needed).toHaveLength(1);
    expect(needed?.[0]).toContain('[libc.so.6]');
  });
});

describe('sliver-init', () => {
  it('needs no library at all: it runs in any image', () => {
    expect(readelf('-d', built('sliver-init'))).not.toContain('NEEDED');
    expect(readelf('-l', built('sliver-init'))).not.toContain('INTERP');
  });
});
