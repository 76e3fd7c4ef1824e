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
    'As the effective RSpec says: nmctl explain NAME, on the node, shows each with what is enforced. What a sliver writes counts under its disk quota, with the files in /tmp; what is in /dev/shm and /run counts as its memory.',
  ],
  [
    'Bytes a day',
    'Where nm_net_max_byte (or nm_net_max_exempt_byte, to networks that the cap of the node exempts) is not 0, what the sliver sends is counted from an hour that the node sets (bandwidth.day_hour, day_zone), with all headers. Past nm_net_max_thresh_byte, 80% of the limit where that is 0, the rate is cut so that the rest lasts until the day ends, never below nm_net_min_rate. GetUsage says what was sent (day_sent_bytes), until when (day_ends) and what the rate is cut to (cut_rate); GetEffectiveRSpec says the limits. The next day lifts it.',
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
  "ssh ends with status 126 and a line that begins with sliver-shell: when there is nothing to log in to. 'is not running': it was stopped, or is being made; Start, called by whoever may, starts it. 'login to NAME is disabled': the authority has set nm_enabled to 0. 'Permission denied (publickey)': the key is none of this slice's, or the sliver is not on this node.",
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
    heading('recipes'),
    subheading('Log in, run a command, copy a file'),
    verbatim([
      'ssh princeton_sirius@node',
      'ssh princeton_sirius@node uname -a',
      'scp file princeton_sirius@node:/root/',
    ]),
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
