// `npm run conclave -- …` and its kin: the command line of the built product, or what is missing before there is one.
import './check-node.mjs';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../../../dist/src/cli/main.js', import.meta.url);
const modules = new URL('../../../node_modules/.package-lock.json', import.meta.url);
const missing = [existsSync(modules) ? null : 'its dependencies are not installed', existsSync(main) ? null : 'it is not built'].filter((fault) => fault !== null);
if (missing.length > 0) {
  console.error(`Conclave can't run here yet: ${missing.join(', and ')}. "npm start" does both and starts everything; "npm ci && npm run build" does both and no more.`);
  process.exit(1);
}
process.argv[1] = fileURLToPath(main);
await import(main.href);
