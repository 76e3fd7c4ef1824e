// The architecture, as rules that fail: which way imports may run.
const PURE_LIBS =
  '^libs/(records|contracts|slices-xml|getslivers|xml-rpc|faults|tickets|signatures)/';
const TEST_CODE = '(\\.test\\.ts|\\.test-support\\.ts|/bench/[^/]+)$';
const IO_BUILTINS =
  '^(node:)?(fs|fs/promises|net|http|https|http2|tls|dgram|dns|child_process|worker_threads|cluster|os|process|timers|timers/promises|readline)$';

/** An agent's rooms, in the order in which they may import one another: from the later ones to the earlier. */
const BANDWIDTH_ROOMS = [
  'limits',
  'desired',
  'observed',
  'plan',
  'execute',
  'kernel',
  'days',
  'report',
];
const PURE_ROOMS =
  '^apps/(account-supervisor|bwcap-agent)/src/(limits|desired|observed|plan|execute|slots)/';

/** The folders of db-service's rules, and the files in them that take, answer or keep: those act. */
const DB_RULES = '^apps/db-service/src/(commit|deliver|expiry|feed|loans|tickets|writes)/';
const DB_ACTS = '/((take|sweep|answer)-[^/]+|state-keeper|rationed-work|trusted-keys-file)\\.ts$';

/** What may be typed after `nmctl`, and what reads it: the file of a command's name, and the few that all share. */
const COMMAND_LINES =
  '^apps/nmctl/src/(([^/]+)/\\2|main|run-nmctl|program|terminal|exit-codes|parse-since|api/call-options|api/ssh-target|render/render-line)\\.ts$';

module.exports = {
  forbidden: [
    {
      name: 'no-lib-imports-an-app',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|test|tools)/' },
    },
    {
      name: 'no-app-imports-another',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'pure-libs-do-no-io',
      comment: 'Pure libraries decide; they are tested with plain values.',
      severity: 'error',
      from: { path: PURE_LIBS, pathNot: TEST_CODE },
      to: { path: `${IO_BUILTINS}|node_modules/(zeromq|better-sqlite3|pino|pino-pretty)/` },
    },
    {
      name: 'pure-libs-import-pure-libs-only',
      severity: 'error',
      from: { path: PURE_LIBS, pathNot: TEST_CODE },
      to: { path: '^libs/', pathNot: PURE_LIBS },
    },
    {
      name: 'planners-are-pure',
      comment:
        'A file named plan-*, render-*, decide-*, derive-* or judge-* decides and never acts.',
      severity: 'error',
      from: { path: '/(plan|render|decide|derive|judge)-[^/]+\\.ts$', pathNot: TEST_CODE },
      to: { path: `${IO_BUILTINS}|node_modules/(zeromq|better-sqlite3|pino|pino-pretty)/` },
    },
    {
      name: 'pure-rooms-do-no-io',
      comment:
        'What an agent decides is decided by plain values; only its driver touches the machine.',
      severity: 'error',
      from: { path: PURE_ROOMS, pathNot: TEST_CODE },
      to: { path: `${IO_BUILTINS}|node_modules/(zeromq|better-sqlite3|pino|pino-pretty)/` },
    },
    {
      name: 'rules-do-no-io',
      comment: 'A rule of db-service is decided by plain values, and knows nobody who acts on it.',
      severity: 'error',
      from: { path: DB_RULES, pathNot: [TEST_CODE, DB_ACTS] },
      to: {
        path: `${IO_BUILTINS}|node_modules/(zeromq|better-sqlite3|pino|pino-pretty)/|^apps/db-service/src/[^/]+${DB_ACTS}`,
      },
    },
    {
      name: 'limits-know-no-accounts',
      comment: 'A limit is a value: how accounts are made and planned is none of its business.',
      severity: 'error',
      from: { path: '^apps/account-supervisor/src/limits/', pathNot: TEST_CODE },
      to: { path: '^apps/account-supervisor/src/(?!limits/)' },
    },
    ...BANDWIDTH_ROOMS.slice(0, -1).map((room, at) => ({
      name: `no-arrow-up-from-${room}`,
      severity: 'error',
      from: { path: `^apps/bwcap-agent/src/${room}/`, pathNot: TEST_CODE },
      to: {
        path: `^apps/bwcap-agent/src/((${BANDWIDTH_ROOMS.slice(at + 1).join('|')})/|[^/]+$)`,
      },
    })),
    {
      name: 'command-lines-load-no-library',
      comment:
        'nmctl starts with what may be typed. What a command does, and the libraries for it, are loaded when it is run.',
      severity: 'error',
      from: { path: COMMAND_LINES },
      to: {
        pathNot: `${COMMAND_LINES}|${IO_BUILTINS}|node_modules/commander/|^package\\.json$`,
        dependencyTypesNot: ['type-only'],
        dynamic: false,
      },
    },
    {
      name: 'libs-have-one-face',
      comment: 'A library is used through its index.ts, never through its inner files.',
      severity: 'error',
      from: { path: '^(apps|libs|test)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^$1/$2/'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
