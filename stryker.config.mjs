/** Mutation tests of the libraries whose every branch must be pinned by a test: `npm run mutation` (hours, not in CI). */
export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules'],
  jest: { projectType: 'custom', configFile: 'jest.config.js', config: { selectProjects: ['unit'] } },
  mutate: ['libs/{encoding,tlog,casework}/src/**/*.ts', '!libs/**/*.spec.ts', '!libs/**/index.ts'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  tempDirName: '.stryker-tmp',
  reporters: ['clear-text', 'progress', 'html'],
  htmlReporter: { fileName: 'reports/mutation.html' },
  disableTypeChecks: false,
  thresholds: { high: 95, low: 85, break: 85 },
};
