/** The command line of `nmctl ticket`: its commands and help. */
import { type Command, InvalidArgumentError } from 'commander';
import { toSeconds } from '../api/call-options.ts';
import { DATE_WORDS, parseUntil } from '../parse-since.ts';
import type { Run } from '../session.ts';
import type { TrustOptions } from './find-trust.ts';

const HELP = `
A ticket is an authority's signed word that a slice may have a sliver on the nodes that it names. Whoever
delivers it to one of them, CreateSliver sets the sliver up there, with PLC or without.
`;

const SIGN_HELP = `
FILE is a <ticket> that is not signed yet, or a <slice> as in slices.xml with the <key>s of its users in
it; - for standard input. A ticket without issued="SECONDS" is issued now. The key is RSA or EC on P-256,
in PEM, without a passphrase:
  openssl ecparam -name prime256v1 -genkey -noout -out key.pem && chmod o= key.pem
  openssl pkey -in key.pem -pubout -out trusted.pem       what nodes are to trust
  nmctl ticket sign --key key.pem --node 17 --expiry 30d slice.xml > ticket.xml
`;

const VERIFY_HELP = `
Without --keys and --node: what the node's configuration says. Whether that node has taken a newer ticket
for the slice already is not looked at. Exits 0 or 1.
`;

const FILE_HELP = 'a ticket, or - for standard input';

const MAX_NODES = 1000;

function toNode(text: string): number {
  const id = Number(text);
  if (/^\d{1,15}$/.test(text)) return id;
  throw new InvalidArgumentError(`wants ids of nodes, such as 17; '${text}' is none.`);
}

function toNodes(text: string): readonly number[] {
  const ids = text.split(',');
  if (ids.length > MAX_NODES) throw new InvalidArgumentError(`wants at most ${MAX_NODES} ids.`);
  return ids.map(toNode);
}

function toExpiry(text: string): Date {
  const at = parseUntil(text, Date.now());
  if (at !== undefined) return new Date(at);
  throw new InvalidArgumentError(
    `wants a span such as 8h or 30d, seconds since 1970, or ${DATE_WORDS}.`,
  );
}

interface SignOptions {
  readonly key: string;
  readonly node?: readonly number[];
  readonly expiry?: Date;
}

function addSign(ticket: Command, run: Run): void {
  ticket
    .command('sign')
    .description('sign a slice for nodes, and print the ticket')
    .argument('<file>', 'a draft: <ticket> or <slice>, or - for standard input')
    .requiredOption('--key <file>', 'the private key, in PEM')
    .option('--node <ids>', 'nodes in place of those of the draft, such as 17,18', toNodes)
    .option('--expiry <when>', 'the end in place of that of the draft: 30d, or a date', toExpiry)
    .addHelpText('after', SIGN_HELP)
    .action((file: string, { key, node = [], expiry }: SignOptions) =>
      run(async (session) => {
        const { signDraft } = await import('./sign-ticket.ts');
        return signDraft(session, { key, nodes: node, expiry, file });
      }),
    );
}

function addVerify(ticket: Command, run: Run): void {
  ticket
    .command('verify')
    .description('say whether a node would take a ticket now, and why not')
    .argument('<file>', FILE_HELP)
    .option('--keys <file>', 'the keys that are trusted, in PEM')
    .option('--node <id>', 'the node', toNode)
    .option('--allow-sha1', 'let signatures with SHA-1 count, which old tools make')
    .addHelpText('after', VERIFY_HELP)
    .action((file: string, options: TrustOptions) =>
      run(async (session) =>
        (await import('./verify-ticket.ts')).verifyFile(session, file, options),
      ),
    );
}

function addShow(ticket: Command, run: Run): void {
  ticket
    .command('show')
    .description('show what a ticket grants, and whether anybody vouches for it')
    .argument('<file>', FILE_HELP)
    .option('--keys <file>', 'the keys that are trusted, in PEM')
    .option('--allow-sha1', 'let signatures with SHA-1 count, which old tools make')
    .action((file: string, options: TrustOptions) =>
      run(async (session) => (await import('./show-ticket.ts')).showTicket(session, file, options)),
    );
}

function addDeliver(ticket: Command, run: Run): void {
  ticket
    .command('deliver')
    .description('hand a ticket to this node, or with --via to another one')
    .argument('<file>', FILE_HELP)
    .option('--timeout <seconds>', 'how long to wait for the answer', toSeconds, 30)
    .action((file: string, { timeout }: { timeout: number }) =>
      run(async (session) => {
        const { deliverFile } = await import('./deliver-ticket.ts');
        return deliverFile(session, file, timeout * 1000);
      }),
    );
}

/** addTicket adds `nmctl ticket` and its commands to the command line. */
export function addTicket(program: Command, run: Run): void {
  const ticket = program
    .command('ticket')
    .description('tickets: slivers that an authority has signed for')
    .addHelpText('after', HELP);
  for (const add of [addSign, addVerify, addShow, addDeliver]) add(ticket, run);
}
