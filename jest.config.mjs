// `cookie` and `content-disposition` are ESM only and required by CommonJS packages; Jest below Node 24.9 can't require ESM.
const esmOnly = '(cookie|content-disposition)';
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { swcrc: true }],
    [`/node_modules/${esmOnly}/.+\\.js$`]: ['@swc/jest', { swcrc: false, jsc: { target: 'es2022' }, module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: [`/node_modules/(?!${esmOnly}/)`],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};
const postgres = { globalSetup: '<rootDir>/test/support/global-setup-postgres.mjs', globalTeardown: '<rootDir>/test/support/global-teardown.mjs' };
const stack = { setupFilesAfterEnv: ['<rootDir>/test/support/stop-leftovers.ts'], globalSetup: '<rootDir>/test/support/global-setup-stack.mjs', globalTeardown: '<rootDir>/test/support/global-teardown.mjs' };

/**
 * unit: pure code, and stores on a PostgreSQL of this run; replay: recorded histories; e2e and contract: the whole product over HTTP, started once;
 * chaos: `conclave up` with a home of its own, killed again and again.
 */
export default {
  // A wait for engines, or a dozen commands of the command line, may take long on a busy machine; what waits for ever ends here.
  testTimeout: 120_000,
  projects: [
    { ...shared, ...postgres, displayName: 'unit', testMatch: ['<rootDir>/{domain,workflows,activities,src,bench,test/support}/**/*.spec.ts'] },
    { ...shared, displayName: 'replay', testMatch: ['<rootDir>/test/replay/**/*.spec.ts'] },
    { ...shared, ...stack, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'] },
    { ...shared, ...stack, displayName: 'contract', testMatch: ['<rootDir>/test/contract/**/*.spec.ts'] },
    { ...shared, displayName: 'chaos', setupFilesAfterEnv: ['<rootDir>/test/support/stop-leftovers.ts'], testMatch: ['<rootDir>/test/chaos/**/*.spec.ts'] },
  ],
};
