/** Decides whether the callers of a configuration can be told apart, and reached at all. Pure. */
import type { ConfigProblem } from '@nodemgr/config';
import type { SignerConfig } from './signer-schema.ts';

const UNIQUE = ['name', 'uid', 'certificate_sha256', 'certificate_cn'] as const;
const OF_TLS = ['certificate_sha256', 'certificate_cn'] as const;

type Callers = SignerConfig['callers'];

/** One caller twice: which of the two it is, nobody could say. */
function repeated(callers: Callers, key: (typeof UNIQUE)[number]): readonly ConfigProblem[] {
  const first = new Map<unknown, number>();
  return callers.flatMap((caller, at) => {
    const value = caller[key];
    const earlier = first.get(value);
    if (value === undefined) return [];
    if (earlier === undefined) first.set(value, at);
    const message = `${JSON.stringify(value)} is not allowed; callers.${earlier}.${key} is the same`;
    return earlier === undefined ? [] : [{ key: `callers.${at}.${key}`, message }];
  });
}

function unreachable({ callers, tls }: SignerConfig): readonly ConfigProblem[] {
  if (tls !== undefined) return [];
  return callers.flatMap((caller, at) =>
    OF_TLS.filter((key) => caller[key] !== undefined).map((key) => ({
      key: `callers.${at}.${key}`,
      message: 'nobody can show a certificate: there is no table [tls]',
    })),
  );
}

/** judgeCallers returns what is wrong with the callers as a whole. */
export function judgeCallers(config: SignerConfig): readonly ConfigProblem[] {
  return [...UNIQUE.flatMap((key) => repeated(config.callers, key)), ...unreachable(config)];
}
