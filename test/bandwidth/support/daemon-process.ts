/** One daemon of the build in a network namespace, as its unit would run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { DaemonName } from '@nodemgr/contracts';

const COMPLAINT = /"level":(?:"(?:warn|error|fatal)"|[456]0)/;

export class DaemonProcess {
  readonly #child: ChildProcess;
  #log = '';

  /** It ends by itself when the test does. */
  constructor(
    space: string,
    readonly name: DaemonName,
    configuration: string,
  ) {
    const main = resolve(`dist/apps/${name}/main.cjs`);
    const program = [process.execPath, main, '--config', configuration, '--stop-on-stdin-eof'];
    this.#child = spawn('ip', ['netns', 'exec', space, ...program], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
  }

  /** Whether it answers. Throws with its log when it has ended. */
  get isReady(): boolean {
    if (this.#hasEnded) throw new Error(`${this.name} ended: ${this.#log}`);
    return this.#log.includes('"msg":"ready"');
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Warnings and errors that it has logged. */
  get complaints(): readonly string[] {
    return this.#log.split('\n').filter((line) => COMPLAINT.test(line));
  }

  /** end sends it a signal and waits until it has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill(signal);
    await once(this.#child, 'exit');
  }
}
