/** A daemon in a process of its own, for run-daemon.test.ts; $BEHAVIOUR says how it behaves. */
import { type DaemonContext, type RunningDaemon, runDaemon } from './index.ts';

const forever = new Promise<never>(() => {});
const stopAtOnce: RunningDaemon = { stop: () => Promise.resolve() };

/** Keeps the event loop busy with nothing: as sockets do in a real daemon. */
const stayAlive = (): void => void setInterval(() => {}, 1000);

const behaviours: Record<string, (context: DaemonContext) => Promise<RunningDaemon>> = {
  async ordinary({ log, signal }) {
    signal.addEventListener('abort', () => log.info('the signal aborts'));
    return { stop: async () => log.info('stop is called') };
  },
  async 'fails to start'() {
    throw new Error('no uplink', { cause: new Error('several\nlines') });
  },
  'hangs in start'({ log, signal }) {
    signal.addEventListener('abort', () => log.info('the signal aborts'));
    log.info('hanging');
    return forever;
  },
  async 'hangs in stop'() {
    return { stop: () => forever };
  },
  async 'fails to stop'() {
    return { stop: () => Promise.reject(new Error('stuck')) };
  },
  async 'rejects later'() {
    setTimeout(() => void Promise.reject(new Error('nobody awaits this')), 20);
    return stopAtOnce;
  },
  async 'throws later'() {
    setTimeout(() => {
      throw new Error('nobody catches this');
    }, 20);
    return stopAtOnce;
  },
  async 'logs without end'({ log }) {
    const logging = setInterval(() => log.warn({ text: 'x'.repeat(10_000) }, 'again'), 1);
    // A test sees by what is written here that the process lives; the log is full.
    setTimeout(() => process.stdout.write('still here\n'), 200);
    return { stop: async () => clearInterval(logging) };
  },
  async 'shows what fails'({ failures }) {
    setInterval(() => process.stdout.write(`${JSON.stringify(failures.list())}\n`), 50);
    return stopAtOnce;
  },
  async 'shows its status'({ commonStatus, failures, log }) {
    failures.report({ code: 'account', subject: 'a_a', action: 'start', reason: 'no image' });
    log.info({ status: commonStatus() }, 'status');
    return stopAtOnce;
  },
};

stayAlive();
void runDaemon('plc-fetcher', (context) => {
  const behave = behaviours[process.env['BEHAVIOUR'] ?? 'ordinary'];
  if (behave === undefined) throw new Error('no such behaviour');
  return behave(context);
});
