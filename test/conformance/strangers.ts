/**
 * The XML-RPC clients that the API is tried with, none of them ours: what starts each, which of
 * Debian's packages it is in, and where it differs from the others. Those differences were found by
 * trying; each is the client's own, and none can be helped from our side.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Need } from '@nodemgr/testkit';
import { PYTHON_CLIENT } from '../support/python-client.ts';
import type { ScalarType } from './typed-value.ts';

export interface Stranger {
  readonly name: string;
  /** Debian's packages that it needs; none: it comes with this repository's own. */
  readonly packages: readonly string[];
  /** Ends with 0 when those are installed. */
  readonly probe: readonly string[];
  readonly command: readonly string[];
  readonly sockets: readonly ('tcp' | 'unix')[];
  /** What it has no way to send. */
  readonly lacks: readonly ScalarType[];
  /** What it makes of integers over 31 bits, which we send as <i8>. */
  readonly i8: 'a number' | 'text' | 'nothing' | 'an error';
  /** Whether it gives out every scalar as text. */
  readonly untyped: boolean;
  /** Whether it can be told to declare ISO-8859-1, and then sends that. */
  readonly latin1: boolean;
  /** What becomes of CR in a string of ours. */
  readonly lineEnds: 'kept' | 'LF';
  /** Whether it knows characters outside Unicode's basic plane. */
  readonly astral: boolean;
  /** What it takes for it to call as another user. */
  readonly becomesOther: readonly Need[];
}

const CLIENTS = resolve('test/conformance/clients');
/** Where xmlrpc-c's client program is put when it is compiled. */
const XMLRPC_C = resolve('dist/conformance-xmlrpc-c');

const BOTH = ['tcp', 'unix'] as const;
const USUAL = {
  sockets: BOTH,
  lacks: [],
  i8: 'a number',
  untyped: false,
  latin1: false,
  lineEnds: 'kept',
  astral: true,
  becomesOther: ['root'],
} as const;

export const STRANGERS: readonly Stranger[] = [
  {
    ...USUAL,
    name: "Python's xmlrpc.client",
    packages: ['python3'],
    probe: ['python3', '-c', 'import xmlrpc.client'],
    command: PYTHON_CLIENT,
    lacks: ['i8'],
    latin1: true,
  },
  {
    ...USUAL,
    name: "Perl's RPC::XML",
    packages: ['librpc-xml-perl'],
    probe: ['perl', '-MRPC::XML::Client', '-e', '1'],
    command: ['perl', `${CLIENTS}/rpc-xml.pl`],
    sockets: ['tcp'],
    i8: 'text',
    untyped: true,
  },
  {
    ...USUAL,
    name: "Perl's Frontier::Client",
    packages: ['libfrontier-rpc-perl'],
    probe: ['perl', '-MFrontier::Client', '-e', '1'],
    command: ['perl', `${CLIENTS}/frontier.pl`],
    sockets: ['tcp'],
    lacks: ['i8', 'nil'],
    i8: 'an error',
    untyped: true,
    latin1: true,
  },
  {
    ...USUAL,
    // Its client is compiled by what compiles native/.
    name: 'xmlrpc-c',
    packages: ['libxmlrpc-core-c3-dev'],
    probe: [
      'gcc',
      ...['-Wall', '-Wextra', '-o', XMLRPC_C, `${CLIENTS}/xmlrpc-c.c`],
      ...['-lxmlrpc_client', '-lxmlrpc', '-lxmlrpc_util'],
    ],
    command: [XMLRPC_C],
    sockets: ['tcp'],
    lineEnds: 'LF',
    astral: false,
  },
  {
    ...USUAL,
    name: "npm's xmlrpc",
    packages: [],
    probe: [process.execPath, '--version'],
    becomesOther: ['a Node.js that can become another user'],
    command: [process.execPath, `${CLIENTS}/npm-xmlrpc.mjs`],
    i8: 'text',
  },
  {
    ...USUAL,
    name: "Ruby's XMLRPC::Client",
    packages: ['ruby', 'ruby-xmlrpc'],
    probe: ['ruby', '-rxmlrpc/client', '-e', '1'],
    command: ['ruby', '-W0', `${CLIENTS}/xmlrpc.rb`],
    lacks: ['i8'],
  },
  {
    ...USUAL,
    name: "PHP's xmlrpc extension",
    packages: ['php-cli', 'php-xmlrpc', 'php-curl'],
    probe: ['php', '-r', 'exit(extension_loaded("xmlrpc") && extension_loaded("curl") ? 0 : 1);'],
    command: ['php', `${CLIENTS}/xmlrpc.php`],
    // It cuts an integer to 32 bits, and makes an empty string of nil.
    lacks: ['i8', 'nil'],
    i8: 'nothing',
    latin1: true,
  },
];

const found = (program: string): readonly string[] => ['which', program];

/** Programs that make calls by themselves. */
export const COMMAND_LINES = {
  xmlrpc: { packages: ['libxmlrpc-core-c3-dev'], probe: found('xmlrpc') },
  'xml-rpc-api2txt': { packages: ['xmlrpc-api-utils'], probe: found('xml-rpc-api2txt') },
  'xml-rpc-api2cpp': { packages: ['xmlrpc-api-utils'], probe: found('xml-rpc-api2cpp') },
} as const;

/** isInstalled reports whether a program of Debian's (or what it loads) is there. */
export function isInstalled([program = '', ...args]: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
