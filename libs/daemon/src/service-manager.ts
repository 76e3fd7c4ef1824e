/**
 * Notifies systemd (sd_notify(3)): READY, STOPPING, WATCHDOG while the event loop turns, and STATUS where the
 * log cannot be written. The pings come from the event loop alone, never from the health of what it
 * manages.
 */
import type { Logger } from 'pino';

/** Sends one datagram to the notification socket; native in production. */
export type Notify = (socketPath: string, message: string) => void;

/** A longer pause between pings would overflow the timer, which then fires without pause. */
const LONGEST_MS = 2 ** 31 - 1;

export class ServiceManager {
  #ping: NodeJS.Timeout | undefined;
  /** Whether the last message could not be sent: the log is told of the first of many. */
  #isUnheard = false;

  constructor(
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly notify: Notify,
    private readonly log: Logger,
  ) {}

  ready(): void {
    this.#say('READY=1');
    const everyMs = this.#watchdogMs();
    if (everyMs !== undefined) this.#ping = setInterval(() => this.#say('WATCHDOG=1'), everyMs);
  }

  /** status has `systemctl status` show this; '' takes it back. */
  status(text: string): void {
    this.#say(`STATUS=${text.replaceAll('\n', ' ')}`);
  }

  stopping(): void {
    clearInterval(this.#ping);
    this.#say('STOPPING=1');
  }

  /** Half of the time after which systemd takes us for hung; undefined when it does not watch us. */
  #watchdogMs(): number | undefined {
    const micros = Number(this.env['WATCHDOG_USEC']);
    const forUs = (this.env['WATCHDOG_PID'] ?? String(process.pid)) === String(process.pid);
    return forUs && micros > 0 ? Math.min(micros / 2000, LONGEST_MS) : undefined;
  }

  #say(message: string): void {
    const socketPath = this.env['NOTIFY_SOCKET'];
    if (socketPath === undefined || socketPath === '') return;
    try {
      this.notify(socketPath, message);
      this.#isUnheard = false;
    } catch (error) {
      const level = this.#isUnheard ? 'debug' : 'warn';
      this.#isUnheard = true;
      this.log[level]({ err: error, message }, 'systemd could not be notified');
    }
  }
}
