import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Only configuration, the ways in (bootstrap scripts, tests, benches) and nothing else may look at the environment.
const noEnvironment = [
  'error',
  { object: 'process', property: 'env', message: 'Take the typed configuration of src/config instead.' },
];

export default defineConfig(
  globalIgnores(['dist/', 'node_modules/', 'coverage/', '.conclave/', 'web/dist/']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-restricted-imports': ['error', { paths: [{ name: 'node:process', importNames: ['env'], message: 'Take the typed configuration of src/config instead.' }] }],
      'no-restricted-properties': noEnvironment,
      'object-shorthand': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // Numbers and booleans in messages are what templates are for.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allowNullish: false }],
      // Nest's modules, controllers and providers are classes whose decorator is the content.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // `for (…; await wait(50))` and `() => resolve(x)` are clear.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // `async` states a contract (an interface, a handler) even where a body has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Dictionaries from the wire are indexed and deleted by name.
      '@typescript-eslint/no-dynamic-delete': 'off',
    },
  },
  {
    // The sandbox has Temporal's own time, random and identifiers; everything else there breaks replay.
    files: ['workflows/**/*.ts', 'domain/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-globals': ['error', 'process', 'Buffer', 'fetch', 'setImmediate', 'crypto'],
      'no-restricted-properties': [...noEnvironment, { object: 'Math', property: 'random', message: 'Draw from the seeded generator.' }],
    },
  },
  {
    files: ['src/config/**/*.ts', 'src/supervisor/**/*.ts', 'src/cli/**/*.ts', 'src/simulated/main.ts', 'test/**/*.ts', 'bench/**/*.ts', '**/*.spec.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' },
  },
  {
    // What talks to a person on a terminal.
    files: ['src/cli/**/*.ts', 'src/supervisor/**/*.ts', 'src/simulated/main.ts', 'src/temporal/build-workflow-bundle.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // Specs take answers apart whose shape the assertion itself checks, and hold rejected promises on purpose.
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/restrict-plus-operands': ['error', { allowAny: true }],
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    rules: { 'no-var': 'error', 'prefer-const': 'error', eqeqeq: ['error', 'always', { null: 'ignore' }] },
  },
);
