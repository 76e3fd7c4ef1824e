// Process 1 of a sliver: its start scripts, orphans, and the end.
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ANode, containerNeeds, outcomeOf } from '../stand-in/a-node.ts';
import { eventually } from '../stand-in/eventually.ts';

const SIRIUS = { name: 'princeton_sirius', uid: 39_001 };
const { missing, note } = containerNeeds();
const SCRIPT = '#!/bin/sh\necho "$0 $* as $(id -u) in $PWD"; echo no >&2\n';

describe.skipIf(missing)(`sliver-init${note}`, () => {
  let node: ANode;
  beforeAll(() => {
    node = new ANode();
    node.setAccounts(SIRIUS);
  });
  afterEach(async () => await node.stop(SIRIUS.name));
  afterAll(async () => await node.dispose());

  const start = async (script?: string) => await node.startSliver(SIRIUS.name, script);
  const said = async (command: string) => (await node.run(SIRIUS.name, command)).stdout;
  const hangUp = () => process.kill(node.initOf(SIRIUS.name), 'SIGHUP');
  const logged = async (text: string) =>
    await eventually(async () => expect(await said('cat /var/log/rc.vinit.log')).toBe(text));

  it('installs the start script as /etc/rc.vinit and runs it as `start NAME`, output in a log', async () => {
    await start(SCRIPT);
    await logged('/etc/rc.vinit start princeton_sirius as 0 in /\nno\n');
    expect(await said('cat /etc/rc.vinit')).toBe(SCRIPT);
    expect(await said('stat -c %a /etc/rc.vinit')).toBe('755\n');
  });

  it('has limits of its own of what the kernel counts for users, for scripts and for logins', async () => {
    const limits = 'ulimit -l; ulimit -q; ulimit -i; ulimit -Hl; ulimit -Hq; ulimit -Hi\n';
    await start(`#!/bin/bash\n${limits}`);
    const own = '8192\n819200\n16384\n'.repeat(2);
    await logged(own);
    expect(await said(limits)).toBe(own);
  });

  it('has nobody wait at /proc/kmsg', async () => {
    await start(undefined);
    expect((await node.run(SIRIUS.name, 'cat /proc/kmsg')).stderr).toMatch(/Permission denied/);
    expect(await said('cat /var/log/rc.vinit.log')).toBe('');
  });

  it('runs nothing, and removes /etc/rc.vinit, when there are none', async () => {
    await start(SCRIPT);
    await node.stop(SIRIUS.name);
    await start(undefined);
    expect(await said('echo /etc/rc.vinit*; cat /var/log/rc.vinit.log')).toBe('/etc/rc.vinit*\n');
  });

  it('leaves a script of no other name alone', async () => {
    await start(undefined);
    await said('touch /etc/rc.vinit.mine');
    await node.stop(SIRIUS.name);
    await start(undefined);
    expect(await said('echo /etc/rc.vinit*')).toBe('/etc/rc.vinit.mine\n');
  });

  it('runs the new one as `restart NAME` when it has changed and SIGHUP is sent', async () => {
    await start('#!/bin/sh\necho old $1 $2\n');
    await logged('old start princeton_sirius\n');
    node.setInitscript(SIRIUS.name, '#!/bin/sh\necho new $1 $2\n');
    hangUp();
    await logged('new restart princeton_sirius\n');
  });

  it("replaces a link that the tenant put there, and leaves the link's target alone", async () => {
    await start(SCRIPT);
    await said('echo kept > /root/target; ln -sf /root/target /etc/rc.vinit');
    hangUp();
    await eventually(async () => expect(await said('cat /etc/rc.vinit')).toBe(SCRIPT));
    expect(await said('cat /root/target')).toBe('kept\n');
  });

  it.each([
    ['has no #! line', 'echo shell $0 $*\n', 'shell /etc/rc.vinit start princeton_sirius\n'],
    [
      'names an interpreter that does not exist',
      '#!/none\n',
      /cannot run \/etc\/rc.vinit: No such file/,
    ],
    ['is empty', '', ''],
    ['fails', '#!/bin/sh\necho before; exit 3\n', 'before\n'],
  ])('says in the log how it went with a script that %s', async (_how, script, log) => {
    await start(script);
    await eventually(async () => {
      const text = await said('cat /var/log/rc.vinit.log');
      if (typeof log === 'string') expect(text).toBe(log);
      else expect(text).toMatch(log);
    });
    expect((await node.run(SIRIUS.name, 'true')).status).toBe(0);
  });

  it('says in the log when it cannot install them, and the sliver runs all the same', async () => {
    await start(undefined);
    await said('mkdir -p /etc/rc.vinit/full');
    node.setInitscript(SIRIUS.name, SCRIPT);
    hangUp();
    await logged('sliver-init: cannot install /etc/rc.vinit: Is a directory\n');
    await said('rm -r /etc/rc.vinit');
  });

  it('reaps processes that have lost their parent', async () => {
    await start(undefined);
    await said('for i in 1 2 3 4 5; do (setsid sleep 0.05 &) ; done');
    await eventually(async () => {
      const processes = (await said('ps -e -o stat=,args=')).trim().split('\n');
      expect(processes.filter((line) => /sleep|defunct|^Z/.test(line))).toEqual([]);
    });
  });

  describe('on SIGTERM', () => {
    async function stopped(unit: ChildProcess): Promise<number> {
      const from = performance.now();
      process.kill(node.initOf(SIRIUS.name), 'SIGTERM');
      expect((await outcomeOf(unit)).status).toBe(0);
      return performance.now() - from;
    }

    const onlyStarts = (act: string) => `#!/bin/sh\n[ "$1" = start ] || exit 0\n${act}\n`;
    const finalLog = () =>
      readFileSync(`${node.sliverFolder(SIRIUS.name)}/upper/var/log/rc.vinit.log`, 'utf8');

    it('runs the script as `stop NAME` while everything else still runs, and waits for it', async () => {
      const unit = await start(`#!/bin/sh
        echo $1 $2
        if [ $1 = start ]; then sleep 60 & echo $! > /root/pid
        else sleep 0.3; kill -0 $(cat /root/pid) && echo "it runs"; kill $(cat /root/pid); fi
      `);
      await eventually(async () => expect(await said('cat /root/pid')).not.toBe(''));
      expect(await stopped(unit)).toBeLessThan(4000);
      expect(finalLog()).toBe(`start ${SIRIUS.name}\nstop ${SIRIUS.name}\nit runs\n`);
    });

    it('stops with the script that was started, whatever the record says by now', async () => {
      const unit = await start('#!/bin/sh\necho old $1\n');
      await logged('old start\n');
      node.setInitscript(SIRIUS.name, '#!/bin/sh\necho new $1\n');
      await stopped(unit);
      expect(finalLog()).toBe('old start\nold stop\n');
    });

    it('gives a script that does not end for `stop` five seconds, says so, and ends it with the rest', async () => {
      const unit = await start('#!/bin/sh\n[ $1 = start ] || while :; do sleep 1; done\n');
      await logged('');
      const took = await stopped(unit);
      expect(took).toBeGreaterThan(4500);
      expect(took).toBeLessThan(8000);
      expect(finalLog()).toBe('sliver-init: /etc/rc.vinit stop has not ended in 5 s\n');
    });

    it('takes no longer than both bounds together, whatever the script does', async () => {
      const unit = await start(
        '#!/bin/sh\ntrap "" TERM HUP; while :; do (sleep 0.01 &); sleep 0.1; done\n',
      );
      await eventually(async () => expect(await said('ps -e -o args=')).toContain('rc.vinit'));
      expect(await stopped(unit)).toBeLessThan(13_000);
    });

    it('ends at once with status 0 when nothing else runs', async () => {
      expect(await stopped(await start(undefined))).toBeLessThan(1000);
    });

    it('lets what runs end by itself', async () => {
      const script = onlyStarts(
        'trap "sleep 0.3; echo ended; exit" TERM; while :; do sleep 0.1; done',
      );
      const unit = await start(script);
      await logged('');
      expect(await stopped(unit)).toBeLessThan(3000);
      expect(finalLog()).toContain('ended\n');
    });

    it('waits no longer than five seconds for what does not end', async () => {
      const unit = await start(onlyStarts('trap "" TERM HUP; while :; do sleep 1; done'));
      await eventually(async () => expect(await said('ps -e -o args=')).toContain('rc.vinit'));
      const took = await stopped(unit);
      expect(took).toBeGreaterThan(4500);
      expect(took).toBeLessThan(8000);
    });
  });
});
