// What stays outside while someone is logged in, the terminal, and a sliver that stops meanwhile.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ANode, containerNeeds, outcomeOf } from '../stand-in/a-node.ts';
import { eventually } from '../stand-in/eventually.ts';

const SIRIUS = { name: 'princeton_sirius', uid: 39_001 };
const { missing, note } = containerNeeds();

/** Reads what a program prints until it has printed `text`; what it has printed by then. */
async function printed(child: ChildProcess, text: string): Promise<string> {
  let seen = '';
  child.stdout?.on('data', (part: Buffer) => {
    seen += part.toString();
  });
  return await eventually(() => {
    if (!seen.includes(text)) throw new Error(`'${text}' was not printed: ${seen}`);
    return seen;
  });
}

describe.skipIf(missing)(`outside a login${note}`, () => {
  let node: ANode;
  beforeAll(async () => {
    node = await ANode.running(SIRIUS);
  });
  afterAll(async () => await node.dispose());

  const start = (command: string) => node.start(SIRIUS.name, ['-c', command]);

  it("only the caller's own rights are kept, and the one to send signals", async () => {
    const child = start('echo ready; sleep 1000');
    await printed(child, 'ready');
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    expect(status).toContain(`Uid:\t${SIRIUS.uid}\t${SIRIUS.uid}\t${SIRIUS.uid}\t${SIRIUS.uid}\n`);
    expect(status).toContain('CapPrm:\t0000000000000020\nCapEff:\t0000000000000020\n');
    expect(status).toContain('NoNewPrivs:\t1\n');
    child.kill('SIGTERM');
    await outcomeOf(child);
  });

  it('nobody but root may look into it, not even the caller', async () => {
    const child = start('echo ready; sleep 1000');
    await printed(child, 'ready');
    const look = spawn('cat', [`/proc/${child.pid}/environ`], { uid: SIRIUS.uid, gid: SIRIUS.uid });
    expect((await outcomeOf(look)).stderr).toContain('Permission denied');
    child.kill('SIGTERM');
    await outcomeOf(child);
  });

  it.each(['HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'USR2'])(
    "SIG%s is passed on, and the command's status comes back",
    async (signal) => {
      const child = start(`trap 'exit 42' ${signal}; echo ready; while :; do sleep 0.05; done`);
      await printed(child, 'ready');
      child.kill(`SIG${signal}` as NodeJS.Signals);
      expect((await outcomeOf(child)).status).toBe(42);
    },
  );

  it('whoever is logged in when the sliver stops is told so', async () => {
    const child = start('echo ready; trap "" TERM; sleep 1000');
    await printed(child, 'ready');
    process.kill(node.initOf(SIRIUS.name), 'SIGKILL');
    const { status, stderr } = await outcomeOf(child);
    expect([status, stderr]).toEqual([137, 'sliver-shell: princeton_sirius has stopped\n']);
    await node.stop(SIRIUS.name);
    await node.startSliver(SIRIUS.name);
  });

  it('whoever is logged in when the sliver is stopped by somebody is told what is noted of it', async () => {
    const child = start('echo ready; trap "" TERM; sleep 1000');
    await printed(child, 'ready');
    writeFileSync(node.loginNote(SIRIUS.name), 'is stopped by Stop, called by root\nstopped -\n');
    onTestFinished(() => rmSync(node.loginNote(SIRIUS.name), { force: true }));
    process.kill(node.initOf(SIRIUS.name), 'SIGKILL');
    const { status, stderr } = await outcomeOf(child);
    expect([status, stderr]).toEqual([
      137,
      'sliver-shell: princeton_sirius is stopped by Stop, called by root\n',
    ]);
    await node.stop(SIRIUS.name);
    await node.startSliver(SIRIUS.name);
  });

  it('whoever is logged in is told so, too, when all of its unit is killed at once', async () => {
    const child = start('echo ready; sleep 1000');
    await printed(child, 'ready');
    writeFileSync(join(node.unit(SIRIUS.name), 'cgroup.kill'), '1');
    const { status, stderr } = await outcomeOf(child);
    expect([status, stderr]).toEqual([137, 'sliver-shell: princeton_sirius has stopped\n']);
    await node.stop(SIRIUS.name);
    await node.startSliver(SIRIUS.name);
  });

  it('a login never keeps a sliver from stopping', async () => {
    const child = start('trap "" TERM HUP INT; echo ready; sleep 1000');
    await printed(child, 'ready');
    await node.stop(SIRIUS.name);
    expect((await outcomeOf(child)).status).toBe(137);
    await node.startSliver(SIRIUS.name);
  });

  describe('at a terminal', () => {
    /** As sshd would: a new session whose leader is the shell, at a terminal of its own. */
    function atTerminal(...values: string[]): ChildProcess {
      const script = ['-qefc', `exec ${node.shell} ${values.join(' ')}`, '/dev/null'];
      return spawn('script', script, {
        uid: SIRIUS.uid,
        gid: SIRIUS.uid,
        cwd: '/',
        env: { PATH: process.env['PATH'], TERM: 'vt100', SHELL: '/bin/sh' },
      });
    }

    it('the login shell controls its jobs, without a word of complaint', async () => {
      const child = atTerminal();
      const output = outcomeOf(child);
      child.stdin?.write('sleep 1000\n');
      await eventually(async () => {
        expect((await node.run(SIRIUS.name, 'ps -e -o args=')).stdout).toContain('sleep 1000');
      });
      child.stdin?.write('\x03');
      child.stdin?.write('echo interrupted $?; sleep 1 & jobs; fg; stty size; exit 5\n');
      const { status, stdout } = await output;
      expect(stdout).toContain('interrupted 130');
      expect(stdout).toContain('Running');
      expect(stdout).not.toContain('job control');
      expect(stdout).not.toContain('cannot set terminal process group');
      expect(status).toBe(5);
    });

    it('the end of the terminal ends the login', async () => {
      const child = atTerminal();
      child.stdin?.write('echo rea""dy; sleep 1000\n');
      await printed(child, 'ready');
      child.kill('SIGKILL');
      await eventually(async () => {
        expect((await node.run(SIRIUS.name, 'ps -e -o args=')).stdout).not.toContain('sleep 1000');
      });
    });
  });
});
