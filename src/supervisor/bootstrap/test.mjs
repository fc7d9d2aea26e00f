// `npm test`: what `npm start` prepares, then the specs. Arguments are names of Jest projects (default: unit replay e2e); the last line sums up.
import './check-node.mjs';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { endWithNpm } = await import('./end-with-npm.mjs');
const { prepare, root, run } = await import('./prepare.mjs');
endWithNpm();
await prepare();
const projects = process.argv.length > 2 ? process.argv.slice(2) : ['unit', 'replay', 'e2e'];
const folder = mkdtempSync(join(tmpdir(), 'conclave-results-'));
const report = join(folder, 'results.json');
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const code = await run(process.execPath, ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', jest, '--selectProjects', ...projects, '--json', '--outputFile', report], {
  CONCLAVE_TEST_BUILT: '1',
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules`.trim(),
}, 'ignore');
const results = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null;
rmSync(folder, { recursive: true, force: true });
const passed = results?.numPassedTests ?? 0;
// Jest writes its report after the last teardown, so the report is the verdict. A run without one, or one that calls itself failed, has failed even where it names no spec.
const isGood = results?.success === true && passed > 0;
const failed = isGood ? 0 : Math.max(1, (results?.numFailedTests ?? 0) + (results?.numRuntimeErrorTestSuites ?? 0));
if (isGood && code !== 0) console.error(`Jest ended with code ${code} after it had reported that every spec passed.`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(isGood ? 0 : code || 1);
