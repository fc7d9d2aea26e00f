// The lock must hold every platform's packages and lead nobody to a registry of ours.
import { readFileSync } from 'node:fs';

/** Faults of a package-lock.json, as sentences. */
export function lockFaults(lock) {
  const present = new Set(Object.keys(lock.packages).map((path) => path.split('node_modules/').at(-1)));
  const entries = Object.entries(lock.packages);
  const missing = entries.flatMap(([path, entry]) => Object.keys(entry.optionalDependencies ?? {}).filter((name) => !present.has(name)).map((name) => `${name}, optional for ${path || 'the project'}, is not in the lock`));
  const elsewhere = entries.filter(([, entry]) => entry.resolved && !entry.link && !entry.resolved.startsWith('https://registry.npmjs.org/')).map(([path, entry]) => `${path} is resolved to ${entry.resolved}`);
  const unchecked = entries.filter(([path, entry]) => path !== '' && !entry.link && !entry.inBundle && !entry.integrity).map(([path]) => `${path} has no integrity`);
  return [...missing, ...elsewhere, ...unchecked];
}

const faults = lockFaults(JSON.parse(readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8')));
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
