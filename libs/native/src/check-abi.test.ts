import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { abiComplaint, buildInfoFile, readBuildInfo } from './check-abi.ts';
import { refuseOtherAbi } from './index.ts';

const BUILT = { version: '0.1.0', node_abi: '115', arch: 'x64' };
const RUNNING = { version: 'v20.19.2', abi: '115', arch: 'x64' };

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'build-info-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'build-info.json');
  writeFileSync(file, text);
  return file;
}

describe('abiComplaint', () => {
  it('has nothing to say of the Node.js that the package was built for', () => {
    expect(abiComplaint(BUILT, RUNNING)).toBeUndefined();
  });

  it('names both ABIs, in one line, when they differ', () => {
    const complaint = abiComplaint(BUILT, { ...RUNNING, version: 'v22.1.0', abi: '127' });
    expect(complaint).toContain('built for Node.js with ABI 115 (x64)');
    expect(complaint).toContain('v22.1.0 with ABI 127 (x64)');
    expect(complaint).not.toContain('\n');
  });

  it('minds the processor too', () => {
    expect(abiComplaint(BUILT, { ...RUNNING, arch: 'arm64' })).toContain('(arm64)');
  });
});

describe('readBuildInfo', () => {
  it('returns what the package notes of itself', () => {
    expect(readBuildInfo(fileWith(JSON.stringify(BUILT)))).toEqual(BUILT);
  });

  it('finds it beside the folders of the bundles', () => {
    expect(buildInfoFile('/usr/lib/nodemgr/db-service')).toBe('/usr/lib/nodemgr/build-info.json');
  });

  it('returns nothing where there is none: a checkout builds for the Node.js that it has', () => {
    expect(readBuildInfo(join(fileWith(''), '../none.json'))).toBeUndefined();
    expect(() => refuseOtherAbi()).not.toThrow();
  });

  it('names the file when it is no JSON', () => {
    const file = fileWith('{');
    expect(() => readBuildInfo(file)).toThrow(`${file} cannot be read`);
  });
});
