/**
 * What each key of ticket-signer.toml is for, in words for an operator; as config-words.ts for a node's. A
 * test holds this list against the keys that there are.
 */
import type { ConfigWords } from './config-tables.ts';
import type { KeyWords } from './config-words.ts';

const SIGNING: Readonly<Record<string, KeyWords>> = {
  'signing.key_file': {
    about:
      'The private key, PEM without a passphrase: RSA of at least 2048 bits, or EC on P-256. Its mode is ' +
      '0400 or 0600, and its owner the user nodemgr-ticket-signer.',
  },
  'signing.hash': { about: 'The hash of an RSA signature; EC signs with SHA-256.' },
};

const SOCKETS: Readonly<Record<string, KeyWords>> = {
  'unix.socket': {
    about:
      'The Unix socket. Where systemd listens, its unit decides (nodemgr-ticket-signer.socket).',
  },
  'tls.address': {
    about:
      'The address for TLS. Where systemd listens, its unit decides (nodemgr-ticket-signer-tls.socket).',
  },
  'tls.port': { about: 'The port for TLS; 0 is any that is free. Likewise.' },
  'tls.certificate_file': {
    about: "The server's own certificate, and those between it and its authority (PEM).",
    example: '"/etc/nodemgr-ticket-signer/server.pem"',
  },
  'tls.key_file': {
    about: 'Its private key (PEM), with the mode and the owner of signing.key_file.',
    example: '"/etc/nodemgr-ticket-signer/server.key"',
  },
  'tls.client_ca_file': {
    about:
      "Who issues the callers' certificates (PEM). Nobody with another certificate gets as far as to ask.",
    example: '"/etc/nodemgr-ticket-signer/callers-ca.pem"',
  },
};

const LIMITS: Readonly<Record<string, KeyWords>> = {
  'limits.max_body_bytes': { about: 'The largest request that is taken (413).' },
  'limits.request_seconds': {
    about:
      'How long a request may take to arrive (408). A TLS handshake has no longer, and 5 seconds at most.',
  },
  'limits.requests_per_caller': { about: 'Requests of one caller that may be under way (429).' },
  'limits.requests': { about: 'Requests of all callers that may be under way (503).' },
};

const CALLERS: Readonly<Record<string, KeyWords>> = {
  'callers[].name': { about: 'How the log names it.', example: '"broker"' },
  'callers[].uid': {
    about: 'Whoever has this user id, on the Unix socket. Each caller has one of the three.',
    example: '1000',
  },
  'callers[].certificate_sha256': {
    about:
      'Whoever shows the certificate with this fingerprint (openssl x509 -noout -fingerprint -sha256).',
    example: `"${'00'.repeat(32)}"`,
  },
  'callers[].certificate_cn': {
    about:
      'Whoever shows a certificate of that authority whose subject has this common name, and only this.',
    example: '"broker.example.org"',
  },
  'callers[].slices': {
    about: 'Which slices it may have signed.',
    example: '["princeton_*"]',
  },
  'callers[].max_lifetime_seconds': {
    about: 'How long a ticket of its may last; one that asks for longer is shortened to this.',
  },
};

export const SIGNER_WORDS: ConfigWords = {
  file: 'signer-words.ts',
  keys: { ...SIGNING, ...SOCKETS, ...LIMITS, ...CALLERS },
  tables: {
    signing: 'What is signed with.',
    unix: 'Callers on this machine, who are told apart by user id.',
    tls: 'Callers elsewhere, who are told apart by certificate. Without this table there are none.',
    limits: 'What callers may cost.',
    'callers[]': 'Who may have which slices signed; there must be at least one.',
  },
};

/** What the installed file says first. */
export const SIGNER_INTRODUCTION: readonly string[] = [
  'The configuration of the ticket signer. nodemgr-ticket-signer(8) explains the keys too, and',
  '`nodemgr-ticket-signer --check` finds what is wrong.',
  '',
  'A key that is commented out has the value that is shown, or none where it says so. There must be a',
  'key to sign with, and one caller at least. Then: systemctl enable --now nodemgr-ticket-signer.socket',
  'nodemgr-ticket-signer.service. After a change: systemctl restart nodemgr-ticket-signer.service',
];
