/** What nodemgr-api(7) says beside what the table of methods, the faults and the configuration say themselves. */
import type { FaultName } from '@nodemgr/faults';

/** A term and what is said of it. */
export type Entry = readonly [term: string, text: string];

export const DESCRIPTION: readonly string[] = [
  'The node manager answers XML-RPC (http://xmlrpc.com/spec.md) over HTTP/1.0 and 1.1: POST to / or ' +
    '/RPC2. A write is answered once it is durable, and the same caller sees it in its next read. Reads ' +
    'go on while the database is down.',
];

export const PLACES: readonly Entry[] = [
  [
    '/run/nodemgr/api.sock',
    'A Unix socket that everyone may use, on the node and at the same place inside every sliver.',
  ],
  ['http://127.0.0.1:812/RPC2', 'The same over TCP, for clients that know nothing else.'],
  [
    'ssh USER@NODE',
    "From elsewhere, as a delegate whose key PLC or the node's configuration names: the account's " +
      'login shell takes one request on its standard input, up to its end, and writes the answer to ' +
      'its standard output. Any command given to ssh is ignored.',
  ],
];

export const CALLERS: readonly string[] = [
  'There is no password, and nothing that a caller could claim: the kernel is asked whose the other ' +
    'end of the connection is, on both sockets. A user id inside the range of a sliver is that sliver, ' +
    'whichever of its users calls; the user id of a delegate is that delegate; those in api.root_uids of ' +
    'nodemgr.toml(5) are root. Everyone else is nobody, may call what everyone may, and is named by the ' +
    'user id: uid 1000. All those together may have as many connections as one sliver, each of them a ' +
    'quarter of that.',
  "A sliver's delegations are pairs of a caller and a method. Those of slivers come from PLC or a " +
    'ticket; [[delegates]] in nodemgr.toml(5) names methods that a delegate may call on every sliver.',
];

export const TYPES: readonly Entry[] = [
  [
    'string',
    'UTF-8 where the document does not declare another encoding. A <value> without a type is one.',
  ],
  [
    'int',
    "An integer within plus or minus 2^53 - 1. Taken as <int>, <i4>, <i8>, as Apache's other types of " +
      'integers (<ex:i8>, <biginteger>, …; a prefix is taken if it is ex, whatever it is declared to be), and as ' +
      'a <double> that is whole. Given as <int>; over 31 bits as <i8>, which not every client reads.',
  ],
  ['array, struct', 'As in the specification.'],
  ['base64', 'The bytes of a file; taken where it is named.'],
  [
    'boolean, double, dateTime.iso8601, nil',
    'Read, but no method takes one: they are answered with fault 102 that says what is wanted.',
  ],
];

export const I8: readonly Entry[] = [
  ['Python, Ruby, xmlrpc-c', 'give the integer.'],
  ["Perl's RPC::XML, npm's xmlrpc", 'give its digits as text.'],
  ["PHP's xmlrpc extension", 'gives null.'],
  ["Perl's Frontier::Client", 'cannot read the answer at all.'],
];

/** To send an amount that large is another matter. */
export const LARGE_AMOUNTS =
  'Clients that have no <i8> to send (Python, PHP, Ruby, Frontier) send a <double> instead: in Python ' +
  '5000000000.0. It is taken as the integer that it is.';

/** What a caller may make of each fault. */
export const FAULT_WORDS: Readonly<Record<FaultName, string>> = {
  'no-such-method': 'The text lists the methods that there are.',
  'wrong-argument-count': 'The text says how the method is called.',
  'bad-argument':
    'One of another type than the documented one, a sliver that is not on this node, malformed loans, ' +
    'loans of which one can never count, or a ticket that does not count. The text names the argument, and says why.',
  'permission-denied':
    'The text says who was asking; it is judged after the arguments and the sliver. Of a ticket, that ' +
    'nobody has signed it whom this node trusts.',
  unavailable:
    'The text says which part is down, and of a change whether it may have been made all the same. ' +
    'Trying again later can help; only a Start that was made then runs the start scripts once more.',
  internal: "A defect: the node's log says more.",
  'not-xml-rpc': 'The text says where in the document.',
};

export const HTTP: readonly Entry[] = [
  ['400, 505', 'It is no HTTP/1.0 or 1.1, or its length can be read in two ways.'],
  ['404, 405', 'Another path than / and /RPC2, another method than POST.'],
  ['408', 'The request did not arrive in time.'],
  ['413', 'The request is longer than allowed; the body is a fault.'],
  ['415', 'The request is compressed. Answers over 1 KiB are, for clients that accept gzip.'],
  ['417', 'Something else than 100-continue is expected.'],
  ['431', 'The header is over 16 KiB, or has more than 100 fields.'],
  [
    '503',
    'The caller has too many connections, or more is being received than fits (then the body is a ' +
      'fault). Try again.',
  ],
];

/** Keys of [api] that a caller can run into. */
export const LIMIT_KEYS: readonly string[] = [
  'max_body_bytes',
  'max_depth',
  'request_seconds',
  'write_seconds',
  'max_connections',
];

export const SSH_LIMIT =
  'A request of at most 1 MiB, which has to be there within 30 seconds; the answer within 60. The exit ' +
  'status is 0 when the API answered, were it with a fault of its own; 1 when it was not reached, and ' +
  'then the answer is a fault 111 that says why; 2 when the answer could not be written.';

/**
 * Who lent what to whom, when: one line of JSON for each SetLoans, with the journal's time. What is no line of
 * ours (systemd's own in the journal) is passed over.
 */
export const AUDIT_COMMAND = {
  read: 'journalctl -u nodemgr-api-gateway -o json --all',
  filter:
    '(.__REALTIME_TIMESTAMP | tonumber / 1e6 | floor | todate) as $time | .MESSAGE | strings | fromjson? | objects ' +
    '| select(.method == "SetLoans") | {time: $time, caller, target, loans, fault}',
} as const;

export const AUDIT: readonly string[] = [
  'Each call is one line of JSON in the log of api-gateway: caller (root, sliver NAME, delegate ' +
    'NAME, uid 1000, or nobody where the kernel names none), uid, method, target (the sliver), fault and ' +
    'reason where it ended in one, and ms. The calls of a multicall have a line each. Arguments are not ' +
    'logged, but for the loans of SetLoans: up to 20, and loans_in_all where there are more. It takes ' +
    'log.level at info, as it is unless set. Who lent what to whom, and when:',
];

export const AUDIT_NOTES: readonly string[] = [
  'A line with fault 111 is a change that may have been made. Without a fault, it was.',
  "`nmctl events NAME` tells the same from the node's own history, which is written together with the " +
    'change and kept for 30 days: loans-set of the lender with the caller, effective-changed of each ' +
    'sliver whose resources that changed, with the lender. It has every change, also where the journal ' +
    'leaves lines out because there were too many (journald.conf(5), RateLimitBurst).',
];
