import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { compactBundle } from './compact-bundle.js';

const here = dirname(fileURLToPath(import.meta.url));
// The same places in the sources (`src/temporal`) and in the build (`dist/src/temporal`).
const root = resolve(here, '../..');
/** Where the build leaves the bundle: `dist/workflow-bundle.js`. */
export const builtBundlePath = resolve(root, 'workflow-bundle.js');

/**
 * The workflows as one script. Its modules are loaded once and frozen, not once for every workflow (a tenth of the worker's CPU): they must not
 * keep state, which the conventions forbid anyway.
 */
export async function bundleWorkflows(): Promise<string> {
  const source = resolve(root, 'workflows/index.ts');
  const workflowsPath = existsSync(source) ? source : resolve(root, 'workflows/index.js');
  const { code } = await bundleWorkflowCode({ workflowsPath, preloadModules: [workflowsPath], logger: new DefaultLogger('WARN') });
  return compactBundle(code);
}

/** The bundle of the build if there is one, else a fresh one (about a second). */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  return existsSync(builtBundlePath) ? { codePath: builtBundlePath } : { code: await bundleWorkflows() };
}
