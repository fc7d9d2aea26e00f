import { writeFile } from 'node:fs/promises';
import { builtBundlePath, bundleWorkflows } from './workflow-bundle.js';

// `npm run build` runs this from dist after tsc, so that workers load a ready script instead of bundling at every start.
await writeFile(builtBundlePath, await bundleWorkflows());
