/** Keeps demo-plc's certificates in a folder: made once, and made again when they are not valid, or soon will not be. */
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from './make-certificates.ts';
import { replaceFile } from './replace-file.ts';

/** Certificates with less time left are made anew. */
const RENEW_MS = 30 * 86_400_000;
const NAMES = { ca: 'ca.pem', server: 'server.pem', serverKey: 'server.key' } as const;

export interface CertificateFiles extends Certificates {
  /** What a client is given to believe us. */
  readonly caFile: string;
}

async function readAll(folder: string): Promise<Certificates | undefined> {
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  try {
    const [ca, server, serverKey] = await Promise.all([
      read(NAMES.ca),
      read(NAMES.server),
      read(NAMES.serverKey),
    ]);
    return { ca, server, serverKey };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Of a clock that was once ahead, a certificate is not valid yet; of one that was behind, not any more. */
function isValid({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && Date.parse(validTo) - now > RENEW_MS;
}

/** Whether these are valid, last a while and belong together: a crash may have left old beside new. */
function usable({ ca, server }: Certificates, now: Date): boolean {
  try {
    const [authority, certificate] = [new X509Certificate(ca), new X509Certificate(server)];
    const valid = [authority, certificate].every((each) => isValid(each, now.getTime()));
    return valid && certificate.verify(authority.publicKey);
  } catch {
    // Not a certificate at all: it is replaced like one that has run out.
    return false;
  }
}

async function writeAll(folder: string, made: Certificates): Promise<void> {
  for (const part of ['serverKey', 'server', 'ca'] as const) {
    const path = join(folder, NAMES[part]);
    const mode = part === 'serverKey' ? 0o600 : 0o644;
    await replaceFile(path, made[part], mode);
  }
}

/** certificateFiles returns the certificates kept in `folder` (mode 0700), made now if need be. */
export async function certificateFiles(folder: string, now: Date): Promise<CertificateFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const caFile = join(folder, NAMES.ca);
  const kept = await readAll(folder);
  if (kept !== undefined && usable(kept, now)) return { ...kept, caFile };
  const made = await makeCertificates(now);
  await writeAll(folder, made);
  return { ...made, caFile };
}
