/** Mutation tests of the libraries whose every branch must be pinned by a test: `npm run mutation` (long, not in CI). */
import jest from './jest.config.js';

const LIBRARIES = ['encoding', 'tlog', 'casework'];
const [unit] = jest.projects;

export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules'],
  jest: {
    projectType: 'custom',
    config: { ...unit, testMatch: LIBRARIES.map((name) => `<rootDir>/libs/${name}/**/*.spec.ts`) },
  },
  mutate: [...LIBRARIES.map((name) => `libs/${name}/src/**/*.ts`), '!libs/**/*.spec.ts', '!libs/**/index.ts'],
  ignorePatterns: ['/dist', '/.data', '/coverage', '/reports'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  tempDirName: '.stryker-tmp',
  reporters: ['clear-text', 'progress', 'html'],
  htmlReporter: { fileName: 'reports/mutation.html' },
  disableTypeChecks: false,
  thresholds: { high: 95, low: 85, break: 85 },
};
