/**
 * Finds the slices that share an id of PLC's. Nothing on this node goes by it, so that all of them count; PLC ought to
 * know. No list of names is kept that would be gone through for each of them: twenty thousand may have one id. Pure.
 */
import { quote } from './remark-list.ts';

interface Holders {
  readonly first: string;
  second?: string;
  count: number;
}

export class SharedIds {
  readonly #holders = new Map<number, Holders>();

  /** `word`: what the authority calls the id. */
  constructor(private readonly word: string) {}

  /** add notes that the slice of that name has the id; each name once. */
  add(id: number, name: string): void {
    const held = this.#holders.get(id);
    if (held === undefined) {
      this.#holders.set(id, { first: name, count: 1 });
      return;
    }
    held.second ??= name;
    held.count += 1;
  }

  /** remarkOn returns what is to be said of a slice that has the id; undefined: no other one has it. */
  remarkOn(id: number, name: string): string | undefined {
    const { first, second, count = 0 } = this.#holders.get(id) ?? {};
    const other = name === first ? second : first;
    if (other === undefined) return undefined;
    const rest = count === 2 ? '' : ` and ${count - 2} more`;
    return `its ${this.word} ${id} is also that of slice ${quote(other)}${rest}; each of them counts`;
  }
}
