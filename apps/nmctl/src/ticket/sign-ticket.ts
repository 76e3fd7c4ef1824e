/** `nmctl ticket sign`: makes a ticket of a draft, with an authority's key, and prints it. No daemon. */

import { type EpochSeconds, epochSeconds } from '@nodemgr/records';
import { MAX_TICKET_BYTES, signTicket } from '@nodemgr/tickets';
import { type Command, InvalidArgumentError } from 'commander';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { DATE_WORDS, parseUntil } from '../parse-since.ts';
import type { Run, Session } from '../session.ts';
import { attemptTicket, nowOf, toNode } from './attempt-ticket.ts';
import { completeDraft } from './complete-draft.ts';
import { readInput, readPrivateKey } from './read-input.ts';

const SIGN_HELP = `
FILE is a <ticket> that is not signed yet, or a <slice> as in slices.xml with the <key>s of its users in
it; - for standard input. A ticket without issued="SECONDS" is issued now. The key is RSA or EC on P-256,
in PEM, without a passphrase:
  openssl ecparam -name prime256v1 -genkey -noout -out key.pem && chmod o= key.pem
  openssl pkey -in key.pem -pubout -out trusted.pem       what nodes are to trust
  nmctl ticket sign --key key.pem --node 17 --expiry 30d slice.xml > ticket.xml
`;

const MAX_NODES = 1000;

interface SignArguments {
  /** File with the private key in PEM. */
  readonly key: string;
  /** In place of the draft's nodes; empty: those. */
  readonly nodes: readonly number[];
  /** In place of the draft's; undefined: that. */
  readonly expiry: EpochSeconds | undefined;
  readonly file: string;
}

/** Prints the signed ticket; as JSON it is `ticket` in there. */
function signDraft(session: Session, given: SignArguments): Promise<ExitCode> {
  const { terminal, json } = session;
  return attemptTicket(session, async () => {
    const key = await readPrivateKey(given.key);
    const draft = await readInput(given.file, MAX_TICKET_BYTES);
    const unsigned = completeDraft(draft, { ...given, issued: nowOf(session) });
    const ticket = signTicket(unsigned, key);
    if (json) terminal.printJson({ ticket });
    else terminal.say(ticket, 'out');
    return EXIT.ok;
  });
}

function toNodes(text: string): readonly number[] {
  const ids = text.split(',');
  if (ids.length > MAX_NODES) throw new InvalidArgumentError(`wants at most ${MAX_NODES} ids.`);
  return ids.map(toNode);
}

function toExpiry(text: string): EpochSeconds {
  const at = parseUntil(text, Date.now());
  if (at !== undefined) return epochSeconds(Math.floor(at / 1000));
  throw new InvalidArgumentError(
    `wants a span such as 8h or 30d, seconds since 1970, or ${DATE_WORDS}.`,
  );
}

interface SignOptions {
  readonly key: string;
  readonly node?: readonly number[];
  readonly expiry?: EpochSeconds;
}

/** addSign adds the command to `nmctl ticket`. */
export function addSign(ticket: Command, run: Run): void {
  ticket
    .command('sign')
    .description('sign a slice for nodes, and print the ticket')
    .argument('<file>', 'a draft: <ticket> or <slice>, or - for standard input')
    .requiredOption('--key <file>', 'the private key, in PEM')
    .option('--node <ids>', 'nodes in place of those of the draft, such as 17,18', toNodes)
    .option('--expiry <when>', 'the end in place of that of the draft: 30d, or a date', toExpiry)
    .addHelpText('after', SIGN_HELP)
    .action((file: string, { key, node = [], expiry }: SignOptions) =>
      run((session) => signDraft(session, { key, nodes: node, expiry, file })),
    );
}
