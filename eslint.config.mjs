/** House rules. Prettier decides layout; these decide what may be written, and say what to write instead. */
import js from '@eslint/js';
import tsdoc from 'eslint-plugin-tsdoc';
import tseslint from 'typescript-eslint';

const PURE = ['encoding', 'strip', 'crypto', 'tlog', 'casework', 'contracts', 'api-client', 'client'].map(
  (name) => `libs/${name}/**/*.ts`,
);
const SPECS = [
  '**/*.spec.ts',
  '**/*.int-spec.ts',
  '**/*.fault-spec.ts',
  '**/*.e2e-spec.ts',
  'test/**/*.ts',
  'libs/*/test/**/*.ts',
];
const SERVER_SIDE = [
  'libs/{platform,persistence,jobs,ledger,embedded}/**/*.ts',
  'apps/{intake,desk,worker,signer,witness}/**/*.ts',
];

const imports = [
  {
    group: ['@nestjs/*'],
    importNamePattern: '^(forwardRef|ModuleRef)$',
    message:
      'A cycle between providers hides a third concept: move it below both, and pass it as an argument.',
  },
  {
    group: ['@nestjs/*'],
    importNamePattern: '^Global$',
    message: 'Import the module where it is used, so that each feature shows what it depends on.',
  },
  {
    group: ['@nestjs/typeorm', 'typeorm'],
    importNamePattern: '^(InjectRepository|InjectEntityManager|Repository|TreeRepository|BaseEntity)$',
    message: 'Take the transaction (`tx: EntityManager`) as first argument and use insert, update or SQL.',
  },
];
const httpExceptions = {
  group: ['@nestjs/*'],
  importNamePattern: 'Exception$',
  message:
    'Throw `Refused` with a code of the problem registry; the filter in libs/platform makes the response.',
};

const syntax = [
  { selector: 'ExportAllDeclaration', message: 'Name what the door lets out: `export { a, b } from`.' },
  { selector: 'ExportDefaultDeclaration', message: 'Use a named export: one name for one thing everywhere.' },
  { selector: 'TSEnumDeclaration', message: 'Use an `as const` array and the union of its members.' },
];
const dates = 'Time is an argument: take `now: Instant`.';
const pureSyntax = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: dates },
  { selector: "CallExpression[callee.name='Date']", message: dates },
];
const serverSyntax = [
  {
    selector: "CallExpression[callee.property.name='save']",
    message: '`save` selects first and decides for you: use insert, update or SQL.',
  },
  {
    selector: "CallExpression[callee.property.name='getRepository']",
    message: 'Take the transaction (`tx: EntityManager`) as first argument and use insert, update or SQL.',
  },
];
const mocks = [
  {
    selector:
      "CallExpression[callee.object.name='jest'][callee.property.name=/^(do|un|dont|deep)?[mM]ock$|^unstable_.*[mM]ock|^setMock$|^createMockFromModule$/]",
    message: 'No module mocks: pass a fake that keeps the contract, or use the real thing from test/support.',
  },
];
const random = {
  object: 'Math',
  property: 'random',
  message: 'Randomness is an argument in pure libraries; elsewhere use node:crypto.',
};
const clock = [
  { object: 'Date', property: 'now', message: dates },
  { object: 'performance', property: 'now', message: dates },
];

/** TSDoc's own grammar, but for the type in `@throws {ParseError} code`, which it does not know. */
const tsdocSyntax = {
  ...tsdoc.rules.syntax,
  create(context) {
    const lines = context.sourceCode.lines;
    const throwsType = ({ messageId, loc }) =>
      /^tsdoc-(malformed-inline-tag|escape-right-brace)$/.test(messageId) &&
      /@throws \{\w+\}/.test(lines[loc.start.line - 1]);
    const report = (problem) => throwsType(problem) || context.report(problem);
    return tsdoc.rules.syntax.create(Object.create(context, { report: { value: report } }));
  },
};

const restrict = (...rules) => ({ 'no-restricted-syntax': ['error', ...syntax, ...rules] });

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'coverage/',
      'reports/',
      '.stryker-tmp/',
      '.data/',
      'libs/globals.d.ts',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [
      js.configs.recommended,
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked,
    ],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      complexity: ['error', 12],
      eqeqeq: 'error',
      'max-depth': ['error', 3],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': 'off',
      '@typescript-eslint/max-params': ['error', { max: 6 }],
      'no-restricted-imports': 'off',
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: [...imports, httpExceptions] }],
      'no-restricted-properties': ['error', random],
      ...restrict(),
    },
  },
  {
    files: ['libs/platform/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: imports }] },
  },
  {
    files: PURE,
    rules: { 'no-restricted-properties': ['error', random, ...clock], ...restrict(...pureSyntax) },
  },
  {
    files: [...PURE, 'libs/ledger/**/*.ts'],
    ignores: SPECS,
    plugins: { house: { rules: { tsdoc: tsdocSyntax } } },
    rules: { 'house/tsdoc': 'error' },
  },
  { files: SERVER_SIDE, rules: { 'no-console': 'error', ...restrict(...serverSyntax) } },
  {
    files: SPECS,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'max-lines-per-function': 'off',
      ...restrict(...mocks),
    },
  },
  {
    files: SERVER_SIDE.map((glob) => glob.replace('*.ts', '*.spec.ts')),
    rules: restrict(...serverSyntax, ...mocks),
  },
  {
    files: PURE.map((glob) => glob.replace('*.ts', '*.spec.ts')),
    rules: restrict(...pureSyntax, ...mocks),
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    extends: [js.configs.recommended],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'URL'].map(
          (name) => [name, 'readonly'],
        ),
      ),
    },
    rules: {
      complexity: ['error', 12],
      'max-lines-per-function': ['error', 60],
      'no-restricted-properties': ['error', random],
    },
  },
);
