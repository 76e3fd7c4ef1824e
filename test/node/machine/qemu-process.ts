/** The process that is the machine: started, watched and stopped. Whatever ends us ends it too. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { askQemu } from './qmp.ts';

/** How long QEMU may take to end when it is asked to (milliseconds). */
const QUIT_MS = 5000;

export class QemuProcess {
  #said = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly qmpSocket: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#said += chunk.toString();
      });
    }
  }

  /** start starts QEMU; resolves once its control socket answers, rejects with what it said instead. */
  static async start(argv: readonly string[], qmpSocket: string): Promise<QemuProcess> {
    // SIGKILL leaves us no time to stop it: the kernel does then (prctl(2), PR_SET_PDEATHSIG).
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A terminal's Ctrl-C is for us: the machine is stopped in order.
      detached: true,
    });
    await once(child, 'spawn');
    return new QemuProcess(child, qmpSocket);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** untilEnd resolves when QEMU has ended, however that was. */
  async untilEnd(): Promise<void> {
    if (this.running) await once(this.child, 'exit');
  }

  /** Fails when QEMU has ended, with what it said. */
  assertRunning(): void {
    if (!this.running) throw new Error(`QEMU has ended: ${this.#said.trim()}`);
  }

  /** kill ends QEMU at once, for when there is no time to wait. */
  kill(): void {
    if (this.running) this.child.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    const ended = once(this.child, 'exit');
    const timer = setTimeout(() => this.kill(), QUIT_MS);
    await askQemu(this.qmpSocket, 'quit').catch(() => this.kill());
    await ended;
    clearTimeout(timer);
  }
}
