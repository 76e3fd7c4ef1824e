/** Goes through an unpacked tree once: how large it is, and whether a sliver can have all that is in it. */
import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import { type KiB, kib } from '@nodemgr/records';
import { ImageProblem } from './image-problem.ts';
import { FIND_FORMAT, judgeEntry, parseEntry, type TreeEntry } from './judge-entry.ts';
import { startTool } from './run-tool.ts';

/** Each text that ends in NUL. Names of files are bytes: read as latin1, none is lost or joined. */
async function* nulTexts(stream: Readable): AsyncIterable<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('latin1')) {
    const texts = `${rest}${chunk}`.split('\0');
    rest = texts.pop() ?? '';
    yield* texts;
  }
}

/** Adds up what files take, each once however many names it has. */
class Size {
  #blocks = 0;
  readonly #linked = new Set<string>();

  add({ type, blocks, inode, links }: TreeEntry): void {
    if (links > 1 && type !== 'd') {
      if (this.#linked.has(inode)) return;
      this.#linked.add(inode);
    }
    this.#blocks += blocks;
  }

  total(): KiB {
    return kib(Math.ceil(this.#blocks / 2));
  }
}

const readable = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

/**
 * surveyTree returns what the tree at `root` takes on the disk. Rejects with ImageProblem, naming the
 * first such file, when there is one that no sliver can have.
 */
export async function surveyTree(root: string, signal: AbortSignal): Promise<KiB> {
  const find = startTool(['find', root, '-xdev', '-printf', FIND_FORMAT], signal);
  find.stdin.destroy();
  const size = new Size();
  for await (const text of nulTexts(find.stdout)) {
    const entry = parseEntry(text);
    const why = judgeEntry(entry);
    if (why !== undefined) throw new ImageProblem(readable(why));
    size.add(entry);
  }
  await find.ended;
  return size.total();
}
