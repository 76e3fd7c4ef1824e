import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { loadAddon, thrownBy } from './addon-under-test.ts';

const { clockSynchronised } = loadAddon();

// The same question by another way: struct timex, whose status is its sixth member.
const ASK_KERNEL = `
import ctypes, struct
timex = ctypes.create_string_buffer(512)
state = ctypes.CDLL(None, use_errno=True).adjtimex(timex)
if state == -1: raise OSError(ctypes.get_errno(), 'adjtimex')
status = struct.unpack_from('@i4l2i', timex)[5]
TIME_ERROR, STA_UNSYNC = 5, 0x40
print(state != TIME_ERROR and not status & STA_UNSYNC)
`;

describe('clockSynchronised', () => {
  it('says what the kernel says', () => {
    const asked = spawnSync('python3', ['-c', ASK_KERNEL], { encoding: 'utf8' });
    // Where a seccomp filter forbids the question, it must not be answered.
    if (asked.status !== 0) expect(thrownBy(() => clockSynchronised?.()).code).toBe('EPERM');
    else expect(clockSynchronised?.()).toBe(asked.stdout.trim() === 'True');
  });

  it('takes no argument', () => {
    expect(thrownBy(() => clockSynchronised?.(1)).code).toBe('ERR_INVALID_ARG_TYPE');
  });
});
