/**
 * Who may import whom. The most important rule is `servers-cannot-reach-seal`: no server process links the code
 * that could open a report. test/architecture plants a violation of each rule and expects it to be reported.
 */
const PURE = '^libs/(encoding|strip|crypto|tlog|casework|contracts|api-client|client)/';
const NODE = '^libs/(platform|persistence|jobs|ledger|embedded)/';
const SERVER = '^apps/(intake|desk|worker|signer|witness)/';
const CLIENT = '^apps/(cli|[^/]+-web)/';
const SPEC = '[.](?:int-|fault-|e2e-)?spec[.]ts$';
/** Specs, and what only they use beside the source. */
const TESTS = [SPEC, '^libs/[^/]+/test/'];
const npm = (names) => `(^|node_modules/)(${names})(/|$)`;
const lib = (names) => `^libs/(${names})/`;

/** Who may import which workspace library. Anything absent is forbidden. */
const MAY = {
  'libs/encoding': '',
  'libs/strip': 'encoding',
  'libs/crypto': 'encoding',
  'libs/tlog': 'encoding|crypto',
  'libs/casework': 'encoding',
  'libs/contracts': 'encoding|casework',
  'libs/api-client': 'encoding|contracts',
  'libs/client': 'encoding|crypto|tlog|casework|contracts|api-client',
  'libs/platform': 'encoding|contracts',
  'libs/persistence': 'encoding|casework|platform',
  'libs/jobs': 'encoding|contracts|platform|persistence',
  'libs/ledger': 'encoding|crypto|tlog|casework|contracts|platform|persistence',
  'libs/embedded': '',
  'apps/(?:signer|witness)': 'encoding|crypto|tlog|platform',
  'apps/(?:intake|desk|worker)': 'encoding|crypto|tlog|casework|contracts|platform|persistence|jobs|ledger',
  'apps/cli': 'encoding|strip|crypto|tlog|casework|contracts|api-client|client|embedded|platform',
  'apps/[^/]+-web': 'encoding|strip|crypto|tlog|casework|contracts|api-client|client',
};
const matrix = Object.entries(MAY).map(([from, to]) => ({
  name: `${from.replace('(?:', '{').replace(')', '}').replaceAll('|', ',')}-imports`,
  comment: `may import only [${to.replaceAll('|', ', ')}]`,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: '^libs/', pathNot: [to && lib(to), from.startsWith('libs/') && `^${from}/`].filter(Boolean) },
}));

/** The npm packages a library may import besides those of the platform it runs on. */
const PURE_NPM = npm('libsodium-wrappers|age-encryption|@noble/[^/]+|@scure/[^/]+|zod|fflate');
const NPM_TYPES = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'];
const only = (name, packages, from) => ({
  name,
  severity: 'error',
  from: { path: '^(apps|libs)/', pathNot: from },
  to: { path: npm(packages) },
});

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'not-to-unresolvable',
      comment: 'the command imports the build, which need not be there; a page the address of its worker',
      severity: 'error',
      from: { pathNot: ['^apps/cli/bin/', '^apps/[^/]+-web/src/main[.]tsx$'] },
      to: { couldNotResolve: true },
    },
    ...matrix,
    { name: 'libs-not-to-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'apps-are-islands',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'lib-front-door-only',
      comment: 'enter a library by src/index.ts; crypto by verify, sign or seal',
      severity: 'error',
      from: { path: '^(?:apps|libs)/([^/]+)/' },
      to: {
        path: '^libs/',
        pathNot: [
          '^libs/(?!crypto/)[^/]+/src/index[.]ts$',
          '^libs/crypto/src/(verify|sign|seal)[.]ts$',
          '^libs/jobs/src/enqueue[.]ts$',
          '^libs/platform/src/nest[.]ts$',
          '^libs/$1/',
        ],
      },
    },
    {
      name: 'feature-front-door-only',
      comment: 'enter a sibling feature by its module, service or guard',
      severity: 'error',
      from: { path: '^apps/(intake|desk|worker|signer|witness)/src/([^/]+)/' },
      to: { path: '^apps/$1/src/[^/]+/', pathNot: ['^apps/$1/src/$2/', '[.](module|service|guard)[.]ts$'] },
    },
    {
      name: 'pure-has-no-platform',
      comment: 'no node:*, no framework; npm packages only where the rules below allow them',
      severity: 'error',
      from: { path: PURE, pathNot: TESTS },
      to: { dependencyTypes: ['core', ...NPM_TYPES], pathNot: PURE_NPM },
    },
    only('primitives-only-in-hazmat', 'libsodium[^/]*|@noble|@scure|age-encryption', [
      '^libs/crypto/src/hazmat/',
      `^libs/crypto/.*${SPEC}`,
    ]),
    only('inflate-only-in-strip', 'fflate', '^libs/strip/'),
    only(
      'zod-only-in-contracts-and-config',
      'zod',
      '^libs/(contracts|platform|persistence|jobs|ledger)/|^apps/(?!.*-web/)',
    ),
    only(
      'typeorm-only-in-the-shell',
      'typeorm',
      '^libs/(persistence|ledger|jobs)/|^apps/(intake|desk|worker)/',
    ),
    only('pg-only-in-persistence', 'pg', '^libs/(persistence|jobs|embedded)/'),
    only('mail-only-in-notices', 'nodemailer', '^apps/worker/src/notices/'),
    only('queue-only-in-jobs', 'bullmq|ioredis', '^libs/jobs/|^apps/worker/'),
    {
      name: 'surfaces-cannot-reach-the-queue',
      comment: 'who faces people asks for work in the database, and never links the store of jobs',
      severity: 'error',
      from: { path: '^apps/(intake|desk)/' },
      to: { path: '^libs/jobs/src/(store|relay)[.]ts$', reachable: true },
    },
    {
      name: 'small-processes-stay-small',
      comment: 'who holds a key and little else loads no framework',
      severity: 'error',
      from: { path: '^apps/(signer|witness)/' },
      to: { path: npm('@nestjs/[^/]+|typeorm|bullmq'), reachable: true },
    },
    {
      name: 'servers-cannot-reach-seal',
      comment: 'no server process links the code that opens reports, not even through other files',
      severity: 'error',
      from: { path: [SERVER, NODE] },
      to: {
        path: [
          '^libs/crypto/src/(seal|sealing|key-box|vault|receipt-code|hazmat/(age|words|kem-(noble|sodium)))[.]ts$',
          npm('age-encryption|@noble/post-quantum'),
        ],
        reachable: true,
      },
    },
    {
      name: 'sign-only-with-keys',
      comment: 'signing keys live in the ledger, signer, witness, intake (promises) and the clients',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot: ['^libs/(crypto|ledger|client)/', '^apps/(signer|witness|intake)/', CLIENT],
      },
      to: { path: '^libs/crypto/src/sign[.]ts$' },
    },
    {
      name: 'seal-only-clients',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/(crypto|client)/', CLIENT] },
      to: { path: '^libs/crypto/src/seal[.]ts$' },
    },
    {
      name: 'tlog-verifies-only',
      severity: 'error',
      from: { path: '^libs/tlog/', pathNot: SPEC },
      to: { path: '^libs/crypto/src/(sign|seal)[.]ts$' },
    },
    {
      name: 'client-only-clients',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/client/', CLIENT] },
      to: { path: '^libs/client/' },
    },
    {
      name: 'servers-do-not-call-themselves',
      severity: 'error',
      from: { path: [SERVER, NODE] },
      to: { path: '^libs/(api-client|client)/', reachable: true },
    },
    {
      name: 'clients-cannot-reach-shell',
      comment: 'a client checks the service from outside',
      severity: 'error',
      from: { path: [CLIENT, PURE] },
      to: { path: '^libs/(persistence|jobs|ledger)/', reachable: true },
    },
    {
      name: 'web-has-no-node',
      severity: 'error',
      from: { path: '^apps/[^/]+-web/src/', pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'not-to-spec',
      severity: 'error',
      from: { pathNot: SPEC },
      to: { path: SPEC },
    },
    {
      name: 'not-to-test',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: TESTS },
      to: { path: '^test/' },
    },
    {
      name: 'not-to-dev-dep',
      comment: 'a web page is built with its dependencies inside',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [...TESTS, '^apps/[^/]+-web/'] },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
