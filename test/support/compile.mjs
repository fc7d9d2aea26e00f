import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Compiles this folder and what it takes from the product (a second of the native compiler) and imports one of its modules.
 * Jest runs its global setup outside of its own module loader, so TypeScript has to be JavaScript by then.
 * Types are checked elsewhere: faults in them stop nobody from running the specs.
 */
export async function importSupport(module) {
  const compiler = join(root, 'node_modules', 'typescript-native', 'bin', 'tsc');
  const result = spawnSync(process.execPath, [compiler, '-p', join(root, 'test', 'support', 'tsconfig.json')], { cwd: root, encoding: 'utf8' });
  const compiled = join(root, 'dist', 'test-build', 'test', 'support', `${module}.js`);
  if (!existsSync(compiled)) throw new Error(`test/support does not compile:\n${result.stdout}${result.stderr}`);
  return import(pathToFileURL(compiled).href);
}

/** Builds the product as `npm start` does, unless the caller of the tests has just done it. */
export function buildProduct() {
  if (process.env.CONCLAVE_TEST_BUILT === '1') return;
  const result = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`npm run build failed:\n${result.stdout}${result.stderr}`);
}
