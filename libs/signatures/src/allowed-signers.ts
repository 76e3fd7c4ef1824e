/**
 * Reads a list of those who may sign, in the form of ssh-keygen(1), ALLOWED SIGNERS:
 * `principals [options] type base64 [comment]`. Certificates (`cert-authority`) are not read, and said to be so. Pure.
 */
import { type EpochSeconds, epochSeconds } from '@nodemgr/records';
import type { PublicKey } from './public-key.ts';
import { mapLines, readKey } from './read-key.ts';

/** One line of the list. */
export interface AllowedSigner {
  /** Names, or patterns with `*`, `?` and `!`, as they are written. */
  readonly principals: readonly string[];
  readonly key: PublicKey;
  /** Patterns of the namespaces that it may sign in; undefined: all. */
  readonly namespaces?: readonly string[];
  /** It may sign from then on. */
  readonly validAfter?: EpochSeconds;
  /** It may sign until then. */
  readonly validBefore?: EpochSeconds;
}

const MAX_SIGNERS = 1000;
const PRINCIPALS = /^(?:"([^"]+)"|([^ \t"]+))[ \t]+(.*)$/;
/** One option, and what follows it. OpenSSH undoes `\"` in a value, and nothing else. */
const OPTION = /^([A-Za-z-]+)(?:="((?:\\"|[^"\\]|\\(?!"))*)")?(,|[ \t]+)(.*)$/;
const TIME = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(Z|UTC)?$/;

type Options = Omit<AllowedSigner, 'principals' | 'key'>;

/** Reads a time of the machine's zone, or of UTC where it ends with Z. */
function readTime(text: string): EpochSeconds {
  const [whole, ...parts] = TIME.exec(text) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(0, 6)
    .map((part) => Number(part ?? 0));
  const fields = [year, month - 1, day, hour, minute, second] as const;
  const at = parts[6] === undefined ? new Date(...fields) : new Date(Date.UTC(...fields));
  const [readMonth, readDay] =
    parts[6] === undefined ? [at.getMonth(), at.getDate()] : [at.getUTCMonth(), at.getUTCDate()];
  const isReal =
    readMonth === month - 1 && readDay === day && hour < 24 && minute < 60 && second < 60;
  if (whole === undefined || !isReal || at.getTime() < 0) {
    throw new Error(
      `${JSON.stringify(text)} is no time like 20261130, 202611302200 or 20261130220000Z`,
    );
  }
  return epochSeconds(at.getTime() / 1000);
}

function readOption(name: string, value: string | undefined): Options {
  if (name === 'cert-authority') {
    throw new Error('cert-authority: signatures by certificates are not read; name the keys');
  }
  if (value === undefined) throw new Error(`the option ${name} is not known, or wants ="…"`);
  if (name === 'namespaces') return { namespaces: value.split(',') };
  if (name === 'valid-after') return { validAfter: readTime(value) };
  if (name === 'valid-before') return { validBefore: readTime(value) };
  throw new Error(`the option ${name} is not known`);
}

/** Takes the options, if there are any; returns them, and the key after them. */
function readOptions(text: string): { readonly options: Options; readonly key: string } {
  let options: Options = {};
  let rest = text;
  for (;;) {
    const [, word = '', value, separator, after = ''] = OPTION.exec(rest) ?? [];
    if (separator === undefined) throw new Error('wanted is `principals [options] type base64`');
    const name = word.toLowerCase();
    const option = readOption(name, value);
    if (Object.keys(option).some((key) => Object.hasOwn(options, key))) {
      throw new Error(`the option ${name} is there twice`);
    }
    options = { ...options, ...option };
    if (separator !== ',') return { options, key: after };
    rest = after;
  }
}

/** The beginning of a key's type; no option has it. */
const TYPE = /^(ssh-|ecdsa-|sk-)/;

function readSigner(line: string): AllowedSigner {
  const [, quoted, bare, rest = ''] = PRINCIPALS.exec(line) ?? [];
  const principals = (quoted ?? bare ?? '').split(',');
  if (principals.some((name) => name === '' || name === '!')) {
    throw new Error('wanted is `principals [options] type base64`');
  }
  const { options, key } = TYPE.test(rest) ? { options: {}, key: rest } : readOptions(rest);
  const { validAfter = 0, validBefore } = options as Options;
  if (validBefore !== undefined && validBefore <= validAfter) {
    throw new Error('its valid-before is not after its valid-after');
  }
  return { principals, key: readKey(key), ...options };
}

/** readAllowedSigners reads a list. Throws an Error that names the line which cannot be read, or says that there are none. */
export function readAllowedSigners(text: string): readonly AllowedSigner[] {
  const signers = mapLines(text, (line) => readSigner(line.text));
  if (signers.length === 0) throw new Error('it names nobody');
  if (signers.length > MAX_SIGNERS) throw new Error(`more than ${MAX_SIGNERS} are listed`);
  return signers;
}
