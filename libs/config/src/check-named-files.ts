/** Looks at the files that a configuration names, as the processes that read them would find them. */
import { fileURLToPath } from 'node:url';
import type { ConfigProblem } from './parse-config.ts';
import { readBoundedFile } from './read-bounded-file.ts';
import type { Config } from './schema.ts';

/** Far more than any of them has: how much each may have is said by who reads it. */
const MAX_BYTES = 1 << 30;

interface NamedFile {
  readonly key: string;
  readonly file: string | undefined;
  /** The node runs without it until it is there. */
  readonly mayBeMissing?: true;
}

function filesNamedIn({ node, plc, tickets, accounts }: Config): readonly NamedFile[] {
  const url = plc.url.startsWith('file:') ? fileURLToPath(plc.url) : undefined;
  return [
    { key: 'node.boot_id_file', file: node.boot_id_file },
    { key: 'plc.url', file: url },
    { key: 'plc.ca_file', file: plc.ca_file },
    { key: 'plc.allowed_signers_file', file: plc.allowed_signers_file },
    { key: 'plc.revocation_file', file: plc.revocation_file },
    { key: 'plc.node_key_file', file: plc.node_key_file },
    { key: 'tickets.trusted_keys_file', file: tickets.trusted_keys_file, mayBeMissing: true },
    // Those of a demo are made when it starts.
    { key: 'accounts.passwd_file', file: accounts.passwd_file, mayBeMissing: true },
    { key: 'accounts.subuid_file', file: accounts.subuid_file, mayBeMissing: true },
  ];
}

function problemOf({ key, file, mayBeMissing }: NamedFile): readonly ConfigProblem[] {
  if (file === undefined) return [];
  try {
    readBoundedFile(file, { maxBytes: MAX_BYTES });
    return [];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && mayBeMissing) return [];
    // Whoever asks need not be who reads it: a key is for plc-fetcher's user alone.
    if (code === 'EACCES' && process.geteuid?.() !== 0) return [];
    return [{ key, message: `${file} cannot be read: ${message}` }];
  }
}

/**
 * checkNamedFiles returns what is wrong with the files that `config` names: one that is not there, is no regular
 * file (a pipe would never end), or that this process cannot read although it is root. Whether what is in them
 * can be used is said by the processes that read them.
 */
export function checkNamedFiles(config: Config): readonly ConfigProblem[] {
  return filesNamedIn(config).flatMap(problemOf);
}
