/** nodemgr-ticket-signer(8), out of its options, its keys and the words for them. Pure. */
import { OPTIONS } from '../../../apps/ticket-signer/src/signer-arguments.ts';
import type { DescribedTable } from './config-tables.ts';
import { tableSection } from './render-man-config.ts';
import {
  bold,
  heading,
  italic,
  item,
  type PageTitle,
  paragraph,
  renderPage,
  verbatim,
} from './roff.ts';

const DESCRIPTION = [
  'A ticket is a signed statement of an authority: this slice may have a sliver on these nodes, with ' +
    'these keys and these resources, until then. nodemgr-ticket-signer holds the key of an authority and ' +
    'signs for the callers on its list. It belongs to the authority; no node needs it.',
  'A caller on the same machine connects to a Unix socket and is who the kernel says. A caller elsewhere ' +
    'connects by TLS and is whom its certificate names. Nothing else that a caller says about itself counts.',
];

const REQUESTS = [
  'A ticket is asked for by HTTP, POST to /sign, one request a connection. The body is a <ticket> without ' +
    'a signature, or only what stands in one: a <slice> as in slices.xml, and the <key>s of its users. It ' +
    'is not what is signed: the server reads it and writes the ticket anew from what it understood. A ' +
    'value that makes no sense is refused; what has no place in a ticket is left out.',
  "The ticket's `issued` is the server's own time, whatever the caller says; its expiry is what the " +
    'caller asks for, or the latest that this caller may have.',
];

const ANSWERS: readonly (readonly [number, string])[] = [
  [200, 'The signed ticket (application/xml).'],
  [400, 'It is no ticket that could be signed.'],
  [403, 'The caller is not on the list, or may not have this slice signed.'],
  [404, 'Another path than /sign.'],
  [405, 'Another method than POST.'],
  [408, 'The request did not arrive in time.'],
  [413, 'The request is too large.'],
  [415, 'The request is compressed.'],
  [429, 'Too many requests of this caller are under way: try again.'],
  [431, 'The header is too large.'],
  [500, 'The server failed; its log says why.'],
  [503, 'Too many requests are under way: try again.'],
];

const KEY = [
  'The server does not start with a key that others than its own user can read, or that belongs to another ' +
    'user, root included. To make one, and the list that nodes trust:',
];
/** KEY_COMMANDS are what an operator types, as root, in a folder of its own. */
export const KEY_COMMANDS = [
  'umask 077',
  'openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem',
  'openssl pkey -in key.pem -pubout -out ticket-keys.pem',
  'install -o nodemgr-ticket-signer -m 0400 key.pem /etc/nodemgr-ticket-signer/',
  'rm key.pem',
];

const BEGIN =
  'Installed, it serves nothing, and no unit of it is enabled: a connection would only start what cannot ' +
  'serve yet. Make a key (below), list the callers, look at it as root, which looks as the user of the ' +
  'service, and enable it; where callers are to connect by TLS, its socket too:';
/** BEGIN_COMMANDS are what an operator types, as root, once the key and the callers are there. */
export const BEGIN_COMMANDS = [
  'systemctl enable nodemgr-ticket-signer-tls.socket   # only with [tls]',
  'nodemgr-ticket-signer --check',
  'systemctl start nodemgr-ticket-signer-tls.socket    # only with [tls]',
  'systemctl enable --now nodemgr-ticket-signer.socket nodemgr-ticket-signer.service',
];
const BEGIN_AGAIN =
  'Whatever becomes of the service, its sockets stay open and callers wait. Killed, it is back after a ' +
  'second. Where it cannot serve, it says why and ends with status 78; while somebody waits for it, it ' +
  'looks again every ten seconds or so, and serves who still waits once what was wrong has been put ' +
  'right. systemctl restart nodemgr-ticket-signer.service has it look at once; to keep it away, stop the ' +
  'sockets too. A socket can be started only while the service is stopped: to add TLS later, stop socket ' +
  'and service, then begin as above.';

const KEPT =
  'The package leaves the folder of the key alone, and its user, also when it is purged: it may be the ' +
  'only copy. It says how to remove them.';

const LOG =
  'Every signature is one line, written before the ticket is sent: the caller; the slice, its id and its ' +
  'expiry; how many nodes, delegations and keys the ticket has; the ids of its first 100 nodes, its first ' +
  '50 delegations (caller and method), the fingerprints of its first 50 keys as ssh-keygen -l prints them; ' +
  'and the SHA-256 of the ticket. Refusals are logged too, at most one line a second for each caller. ' +
  'Neither the key nor a ticket is ever logged.';

const FILES: readonly (readonly [string, string])[] = [
  [
    '/etc/nodemgr-ticket-signer/ticket-signer.toml',
    'The configuration, in TOML (https://toml.io).',
  ],
  ['/etc/nodemgr-ticket-signer/key.pem', 'The key.'],
  ['/run/nodemgr-ticket-signer/sign.sock', 'The Unix socket.'],
];

const EXAMPLE = [
  'curl --unix-socket /run/nodemgr-ticket-signer/sign.sock \\',
  '    --data-binary @slice.xml http://localhost/sign',
  'curl --cacert ca.pem --cert me.pem --key me.key \\',
  '    --data-binary @slice.xml https://signer.example.org:1813/sign',
];

const options = Object.entries(OPTIONS).map(([name, option]) => {
  const value = 'value' in option ? ` ${italic(option.value)}` : '';
  const about = option.about.replace(/^\w/, (first) => first.toUpperCase());
  return item(`${bold(`--${name}`)}${value}`, `${about}.`);
});

/** renderSignerManual returns the page. */
export function renderSignerManual(
  tables: readonly DescribedTable[],
  from: Pick<PageTitle, 'version' | 'date'>,
): string {
  const summary = 'signs tickets in the name of an authority';
  return renderPage({ name: 'nodemgr-ticket-signer', section: 8, summary, ...from }, [
    heading('synopsis'),
    `${bold('nodemgr-ticket-signer')} [${italic('options')}]`,
    heading('description'),
    ...DESCRIPTION.map(paragraph),
    heading('options'),
    ...options,
    heading('to begin'),
    paragraph(BEGIN),
    verbatim(BEGIN_COMMANDS),
    paragraph(BEGIN_AGAIN),
    heading('requests'),
    ...REQUESTS.map(paragraph),
    paragraph('The status of the answer, which is one plain line where it is not a ticket:'),
    ...ANSWERS.map(([status, text]) => item(bold(String(status)), text)),
    heading('configuration'),
    ...tables.flatMap(tableSection),
    heading('the key'),
    ...KEY.map(paragraph),
    verbatim(KEY_COMMANDS),
    paragraph(KEPT),
    heading('the log'),
    paragraph(LOG),
    heading('exit status'),
    item('0', 'It was told to stop, or --check found nothing wrong.'),
    item('78', 'The configuration, a key or a certificate is unusable.'),
    item('1', 'Anything else.'),
    heading('files'),
    ...FILES.map(([file, text]) => item(italic(file), text)),
    heading('examples'),
    verbatim(EXAMPLE),
    heading('see also'),
    '.BR nmctl (1),\n.BR openssl (1)',
  ]);
}
