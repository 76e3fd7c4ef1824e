/** One file of the package. */

interface Place {
  /** Where it is installed, without the leading slash. */
  readonly to: string;
  readonly mode: number;
}

/** A copy of a file of ours, or of one that was built. */
export interface CopiedFile extends Place {
  /** Relative to the working directory, the root of the checkout. */
  readonly from: string;
  /** Whether it is an ELF file, from which symbols are taken. */
  readonly strip?: boolean;
  /** What is put before its text. */
  readonly prefix?: string;
}

export interface MadeFile extends Place {
  readonly text: string | Buffer;
}

export interface Link {
  readonly to: string;
  /** What the link says. */
  readonly target: string;
}

export type PackageFile = CopiedFile | MadeFile | Link;
