/** One configuration for every tier; `npm test` and `.ci/run` choose projects by name. */
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', {}] },
  moduleNameMapper: {
    '^@app/([^/]+)/([^/]+)$': '<rootDir>/libs/$1/src/$2.ts',
    '^@app/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

const tier = (displayName, testMatch) => ({
  ...base,
  displayName,
  testMatch: testMatch.map((m) => `<rootDir>/${m}`),
});

export default {
  // Most tests start real processes; a busy machine is no failure.
  testTimeout: 60_000,
  projects: [
    tier('unit', ['libs/**/*.spec.ts', 'apps/**/*.spec.ts']),
    tier('architecture', ['test/architecture/**/*.spec.ts']),
    tier('integration', ['test/integration/**/*.int-spec.ts']),
    tier('fault', ['test/fault/**/*.fault-spec.ts']),
    tier('e2e', ['test/e2e/**/*.e2e-spec.ts']),
  ],
};
