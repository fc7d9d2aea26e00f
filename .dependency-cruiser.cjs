/**
 * The rules between rooms (docs/ and design: "Rules between rooms"), numbered as there.
 * Specs may use their tools; everything else of a rule binds them too.
 */
const spec = '\\.spec\\.ts$';
// Pure packages: no I/O, no global state, the same result everywhere. The first list is what workflows may reach through `domain`.
const pureInWorkflows = ['zod', '@noble/hashes', 'canonicalize', '@cfworker/json-schema'];
const pure = [...pureInWorkflows];
const packages = (names) => `(^|/)node_modules/(${names.join('|').replaceAll('/', '\\/')})/`;

module.exports = {
  forbidden: [
    {
      name: '1-domain-is-pure',
      comment: 'domain imports domain, zod and the allow list of pure packages.',
      severity: 'error',
      from: { path: '^domain/', pathNot: spec },
      to: { pathNot: ['^domain/', packages(pure)] },
    },
    {
      name: '1-workflows-reach-only-pure-packages',
      comment: 'What runs in the workflow sandbox reaches a narrower list of packages, Temporal aside.',
      severity: 'error',
      from: { path: '^workflows/', pathNot: spec },
      to: { reachable: true, path: '^node_modules/', pathNot: [packages([...pureInWorkflows, '@temporalio'])] },
    },
    {
      name: '2-workflows-are-sandboxed',
      comment: 'workflows import workflows, domain, zod, @temporalio/workflow and @temporalio/common.',
      severity: 'error',
      from: { path: '^workflows/', pathNot: spec },
      to: { pathNot: ['^workflows/', '^domain/', '^activities/', packages(['zod', '@temporalio/workflow', '@temporalio/common'])] },
    },
    {
      name: '2-workflows-take-activities-as-types',
      comment: 'workflows import activities by `import type` only; anything else would drag them into the sandbox.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^activities/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: '3-activities',
      comment: 'activities import domain, src/providers, src/database, src/config, stores and entities; of workflows what their arguments are, and the strategies, which a batch replays over recorded calls.',
      severity: 'error',
      from: { path: '^activities/', pathNot: spec },
      to: {
        path: ['^src/', '^workflows/', '^test/', '^bench/'],
        pathNot: ['^src/(providers|database|config)/', '\\.(store|entity)\\.ts$', '^workflows/(messages|policies|consensus)/'],
      },
    },
    {
      name: '4-providers-know-domain-only',
      comment: 'src/providers imports domain; its composition (module) may take the configuration.',
      severity: 'error',
      from: { path: '^src/providers/', pathNot: spec },
      to: { path: ['^src/', '^workflows/', '^activities/'], pathNot: ['^src/providers/', '^src/config/'] },
    },
    {
      name: '5-activities-belong-to-the-worker',
      comment: "Only the worker's composition imports activities.",
      severity: 'error',
      from: { pathNot: ['^activities/', '^src/worker(\\.module)?\\.ts$', '^src/temporal/create-worker\\.ts$', '^workflows/', '^test/', spec] },
      to: { path: '^activities/' },
    },
    {
      name: '6-src-takes-registry-and-messages',
      comment: 'src takes from workflows at run time only the strategy registry and messages (and the policies, which are named data: configuration chooses one, the worker and the api keep to it).',
      severity: 'error',
      from: { path: '^src/', pathNot: spec },
      to: {
        path: '^workflows/',
        pathNot: ['^workflows/consensus/registry\\.ts$', '^workflows/messages/', '^workflows/policies/'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: '7-controllers-and-dtos-stay-home',
      comment: "No room imports another's controller or DTO.",
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/[^/]+/.*\\.(controller|dto)\\.ts$', pathNot: '^src/$1/' },
    },
    {
      name: '7-controllers-and-dtos-only-in-src',
      comment: 'Nobody outside the rooms takes a controller or DTO either.',
      severity: 'error',
      from: { pathNot: ['^src/', '^test/', spec] },
      to: { path: '\\.(controller|dto)\\.ts$' },
    },
    {
      name: '8-web-knows-the-wire-only',
      comment: 'web imports nothing of the server.',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(src|domain|workflows|activities|test|bench)/' },
    },
    { name: '9-no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: '9-no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: [spec, '\\.d\\.ts$', '^src/supervisor/bootstrap/', '^(test|bench)/', '\\.(mjs|cjs)$'] },
      to: {},
    },
    {
      name: 'product-does-not-import-tests',
      comment: 'What ships imports no test, bench or development package.',
      severity: 'error',
      from: { path: '^(domain|workflows|activities|src)/', pathNot: spec },
      to: { path: ['^test/', '^bench/'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'product-does-not-import-development-packages',
      severity: 'error',
      from: { path: '^(domain|workflows|activities|src)/', pathNot: spec },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^coverage/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'], mainFields: ['module', 'main', 'types'] },
    skipAnalysisNotInRules: true,
  },
};
