/** One of the processes that fuzz: is sent its share by its parent, and tells it what came of it. */
import type { Share, WorkerMessage } from './share.ts';
import { ShareRunner } from './share-runner.ts';

function tell(message: WorkerMessage): void {
  process.send?.(message);
}

async function main(share: Share): Promise<void> {
  const runner = new ShareRunner(share, tell);
  try {
    tell(await runner.run());
  } finally {
    await runner.close();
    process.disconnect();
  }
}

process.once('message', (share: Share) => {
  main(share).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
});
