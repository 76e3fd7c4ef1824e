/** Judges by its first bytes whether a program runs on this machine: an ELF file of its kind, or a script. Pure. */
import type { Buffer } from 'node:buffer';

/** e_machine of elf(5), for what Node.js calls the processor. */
const MACHINES: Readonly<Record<string, { readonly own: readonly number[] }>> = {
  x64: { own: [62, 3] },
  arm64: { own: [183, 40] },
};
const NAMES: Readonly<Record<number, string>> = { 3: 'i386', 40: 'arm', 62: 'amd64', 183: 'arm64' };

/** As many bytes as it takes to tell. */
export const HEADER_LENGTH = 20;
const ELF = '\x7fELF';

/**
 * judgeShell returns why a program that begins with `header` does not run on a processor of the kind
 * `arch` (process.arch); undefined when it may. Kinds that it does not know are let be.
 */
export function judgeShell(header: Buffer, arch: string): string | undefined {
  if (header.toString('latin1', 0, 2) === '#!') return undefined;
  if (header.length < HEADER_LENGTH || header.toString('latin1', 0, 4) !== ELF)
    return 'is no program';
  const isLittle = header[5] === 1;
  const machine = isLittle ? header.readUInt16LE(18) : header.readUInt16BE(18);
  const known = MACHINES[arch];
  if (known === undefined || known.own.includes(machine)) return undefined;
  return `is a program for ${NAMES[machine] ?? `processors of kind ${machine}`}, this machine is ${arch}`;
}
