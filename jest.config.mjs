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
export default {
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{domain,workflows,activities,src,bench,test/support}/**/*.spec.ts'] },
  ],
};
