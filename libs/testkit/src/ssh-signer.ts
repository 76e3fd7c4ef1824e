/** Somebody who signs documents with OpenSSH, for tests: a key made for the test, and `ssh-keygen -Y sign`. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SshSignerOptions {
  /** As `ssh-keygen -t` has it. */
  readonly type?: string;
  readonly bits?: number;
}

export interface SignOptions {
  readonly namespace?: string;
  readonly hash?: 'sha256' | 'sha512';
  /** Socket of the agent that has the key. */
  readonly agent?: string;
}

export interface SshSigner {
  /** `type base64`, as lists have it. */
  readonly publicKey: string;
  /** File of the private key. */
  readonly file: string;
  /** sign returns an armoured signature. */
  sign(bytes: Uint8Array, options?: SignOptions): string;
}

/** makeSshSigner makes a key without a passphrase in `folder`. */
export function makeSshSigner(
  folder: string,
  name: string,
  { type = 'ed25519', bits }: SshSignerOptions = {},
): SshSigner {
  const file = join(folder, name);
  const size = bits === undefined ? [] : ['-b', String(bits)];
  execFileSync('ssh-keygen', ['-q', '-t', type, ...size, '-N', '', '-C', '', '-f', file]);
  return {
    file,
    publicKey: readFileSync(`${file}.pub`, 'utf8').trim(),
    sign(bytes, { namespace = 'nodemgr-slices', hash, agent } = {}) {
      const document = `${file}.document`;
      writeFileSync(document, bytes);
      const digest = hash === undefined ? [] : ['-O', `hashalg=${hash}`];
      const key = agent === undefined ? file : `${file}.pub`;
      execFileSync(
        'ssh-keygen',
        ['-q', '-Y', 'sign', ...digest, '-n', namespace, '-f', key, document],
        {
          stdio: 'ignore',
          env: { ...process.env, ...(agent === undefined ? {} : { SSH_AUTH_SOCK: agent }) },
        },
      );
      const signature = readFileSync(`${document}.sig`, 'utf8');
      for (const path of [document, `${document}.sig`]) rmSync(path);
      return signature;
    },
  };
}
