// `npm start`: whatever is missing is installed and built, then the supervisor takes over in this very process.
import './check-node.mjs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { endWithNpm } = await import('./end-with-npm.mjs');
const { prepare, root } = await import('./prepare.mjs');
endWithNpm();
await prepare();
const main = join(root, 'dist', 'src', 'cli', 'main.js');
process.argv = [process.argv[0], main, 'up', ...process.argv.slice(2)];
await import(pathToFileURL(main).href);
