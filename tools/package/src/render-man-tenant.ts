/** nodemgr-tenant(7): what whoever logs in to a sliver has to know of it. Pure. */
import {
  bold,
  heading,
  item,
  type PageTitle,
  paragraph,
  renderPage,
  subheading,
  verbatim,
} from './roff.ts';

type Entry = readonly [term: string, text: string];

const DESCRIPTION = [
  'A sliver is a container of one slice on one node: a file system, processes and user ids of its own, on the kernel and the network of a machine that many tenants share. Root inside is nobody outside.',
  'Its files lie on an image that it was made of. They stay when it stops, when the node starts again, and for a day (accounts.keep_files_seconds) when it has been removed: a slice that comes back in time finds them.',
];

const SHARED: readonly Entry[] = [
  [
    'The network',
    'All addresses of the node, 127.0.0.1 and ::1 among them, are those of every sliver and of the node. A server on 127.0.0.1 can be reached by every tenant of the node: have it ask who calls. A port belongs to whoever binds it first. Ports below 1024 cannot be bound.',
  ],
  [
    'Abstract Unix sockets',
    "Those whose name begins with a zero byte (unix(7)) belong to the network: every tenant sees them, can connect to them, and can take a name that is free. Sockets in the file system are the sliver's own.",
  ],
  [
    'Processors, memory, disk and bandwidth',
    "As the effective RSpec says: nmctl explain NAME, on the node, shows each with what is enforced. What a sliver writes counts under its disk quota, with the files in /tmp; what is in /dev/shm and /run counts as its memory. A sliver writes half of what the node's disk takes at the most, in bytes and in requests a second, whatever the RSpec says: io.max in its control group has the numbers.",
  ],
  [
    'Bytes a day',
    'Where nm_net_max_byte (or nm_net_max_exempt_byte, to networks that the cap of the node exempts) is not 0, what the sliver sends is counted from an hour that the node sets (bandwidth.day_hour, day_zone), with all headers. Past nm_net_max_thresh_byte, 80% of the limit where that is 0, the rate is cut so that the rest lasts until the day ends, never below nm_net_min_rate. GetUsage says what was sent (day_sent_bytes), until when (day_ends) and what the rate is cut to (cut_rate); GetEffectiveRSpec says the limits. The next day lifts it.',
  ],
  [
    'Use by day',
    'GetUsage has, beside what the sliver uses now, what it has used on each of the last 90 days (days, in UTC): CPU time, bytes read, written and sent, and the most of memory, tasks and disk that a look found. It is looked at once a minute, so that what is used in the last minute before a stop may be in none. What it receives is not counted.',
  ],
  [
    'Terminals',
    "A sliver has 256 at the most. The node's own logins, and with them ssh NAME@node, have others.",
  ],
  [
    'The clock, the kernel and its modules',
    "They are the node's. dmesg and /proc/kmsg are refused.",
  ],
];

const OWN: readonly Entry[] = [
  ['Files', 'Nobody else reads or writes them, but root of the node.'],
  ['Processes', "Others are neither seen nor reached. PID 1 is the node manager's."],
  ['User ids', "0 to 65535, none of which is anybody's outside."],
  ['The host name', "The sliver's name with - for _."],
  [
    'Shared memory, semaphores and message queues',
    'Of System V and of POSIX; 819200 bytes of POSIX queues for each user inside.',
  ],
  [
    'Limits for each user inside',
    '8 MiB of locked memory, 16384 pending signals, 65536 open files (up to 524288 by ulimit -n). How many processes there may be is nm_tasks_max.',
  ],
];

const SCRIPT = [
  'The initscript of the slice is /etc/rc.vinit inside. It is run as root with start NAME, restart NAME or stop NAME (with warn NAME SECONDS before a lease ends, where the node says so), its output in /var/log/rc.vinit.log. There is no other init: what is to run from the start is started there, in the background.',
];

const REFUSALS = [
  "ssh ends with status 126 and a line that begins with 'sliver-shell: NAME' when there is nothing to log in to. Whoever is logged in when the sliver stops reads the same line. Times are in UTC.",
];

const REFUSAL_LINES: readonly Entry[] = [
  [
    'is being made since …',
    'The record of the slice has come, and the sliver has not started yet: seconds, as a rule.',
  ],
  [
    'is stopped by Stop, called by … at …',
    "The caller is named as the API knows it: 'sliver NAME', 'delegate NAME' or root. ssh NAME@node start starts it.",
  ],
  [
    'is disabled by … since …',
    'The authority has set nm_enabled to 0, and only it can enable the sliver again: Start is remembered, and changes nothing until then.',
  ],
  [
    'rests since …',
    'The node is reservable, and somebody else has it by a lease, or nobody has. The sliver starts again by itself.',
  ],
  [
    'cannot be started since …',
    "With what fails, where that is the sliver's own. It is tried again by itself; the operator of the node has the rest in nmctl status.",
  ],
  [
    'had expired by …; its files are kept until …',
    'The slice was not renewed in time. start, stop and status are refused in the same words: there is nothing to start. Renewed by then, the sliver comes back with its files; after that, its account is gone too.',
  ],
  ['is being removed since …', 'For those who are logged in when the slice is taken off the node.'],
  ['is not running; try again in a moment', 'It is being started, or the node manager is.'],
  [
    'Permission denied (publickey)',
    "sshd's own: the key is none of this slice's, or the slice has no sliver on this node, any more or yet. A new sliver that cannot be begun, since its image is missing or the disk is full, has no account that could say so.",
  ],
];

const CONTROL = [
  'The words start, stop and status, as the whole command of ssh NAME@node, are for the account and not for the sliver, so that nobody who holds a key is locked out. start and stop call Start and Stop of nodemgr-api(7) as the sliver itself, and wait up to 30 seconds for the sliver to follow; status says whether it runs, and if not why. Each answers in one line and ends with 0 when it is as asked (status: when it runs), and with 1 otherwise. start on a sliver that runs calls its start script with restart.',
  'The words mean this whether the sliver runs or not. A program of such a name inside is run by any other way to write it: with an argument, by its path, as exec status, or from a shell.',
];

const PING = [
  'ping and tracepath work; what needs raw or packet sockets (tcpdump, nmap -sS) does not, and neither do routes, addresses, modules and mounts of disks.',
];

const LIMITS: readonly Entry[] = [
  [
    'Answers',
    'xmlrpc-c reads 512 KiB of an answer unless XMLRPC_XML_SIZE_LIMIT_ID is raised; no other limit of a client is known.',
  ],
  ['Integers over 31 bits', 'They come as i8, which some clients do not know: see nodemgr-api(7).'],
  ['Logins', 'One address has at most 50 under way that have not been let in yet.'],
];

const entries = (list: readonly Entry[]): readonly string[] =>
  list.map(([term, text]) => item(bold(term), text));

/** renderTenantManual returns the page. */
export function renderTenantManual(from: Pick<PageTitle, 'version' | 'date'>): string {
  const summary = 'what a sliver is to those who work in it';
  return renderPage({ name: 'nodemgr-tenant', section: 7, summary, ...from }, [
    heading('description'),
    ...DESCRIPTION.map(paragraph),
    heading('what is shared'),
    ...entries(SHARED),
    heading('what is not'),
    ...entries(OWN),
    heading('what works'),
    ...PING.map(paragraph),
    heading('start scripts'),
    ...SCRIPT.map(paragraph),
    heading('when a login is refused'),
    ...REFUSALS.map(paragraph),
    ...entries(REFUSAL_LINES),
    heading('start, stop and status'),
    ...CONTROL.map(paragraph),
    heading('recipes'),
    subheading('Log in, run a command, copy a file'),
    verbatim([
      'ssh princeton_sirius@node',
      'ssh princeton_sirius@node uname -a',
      'scp file princeton_sirius@node:/root/',
    ]),
    subheading('Start it, stop it, ask how it stands'),
    verbatim(['ssh princeton_sirius@node status || ssh princeton_sirius@node start']),
    subheading('Reach a server in the sliver that listens on 127.0.0.1'),
    paragraph(
      'Nothing is forwarded (ssh -L, -R, -D and -A are refused). A program inside can carry one connection; with nc in the image:',
    ),
    verbatim(["ssh -o ProxyCommand='ssh princeton_sirius@node nc 127.0.0.1 2222' root@inside"]),
    subheading('Keys'),
    paragraph(
      "The keys that may log in are those that the authority has of the slice's users: a change there arrives with the next document. ~/.ssh/authorized_keys inside is for an sshd of the sliver's own.",
    ),
    subheading('A service that runs from the start'),
    verbatim([
      '#!/bin/sh',
      'case $1 in',
      'start | restart) pkill -x myserver; setsid myserver >>/var/log/myserver.log 2>&1 & ;;',
      'stop) pkill -x myserver ;;',
      'esac',
    ]),
    subheading('Lend from inside'),
    paragraph('The caller is the sliver: no password, no name. With Python:'),
    verbatim([
      'import xmlrpc.client',
      'node = xmlrpc.client.ServerProxy("http://127.0.0.1:812")',
      'node.SetLoans("princeton_sirius", [["princeton_eisentest", "nm_cpu_share", 8]])',
    ]),
    heading('limits of clients'),
    ...entries(LIMITS),
    heading('see also'),
    '.BR nodemgr-api (7),\n.BR nmctl (1)',
  ]);
}
