import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** The version in the product's own package.json, found upwards from here: sources and build lie at different depths. */
export function productVersion(): string {
  const root = productRoot();
  return root === null ? '0.0.0' : z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).version;
}

/** The version with the code it was built from: `0.1.0+3d74d02a1b2c` (a commit; `.changed`: with changes of one's own), `0.1.0+src.…` (a hash of the sources); without a build just the version. */
export function codeVersion(): string {
  const root = productRoot();
  const note = root === null ? null : join(root, 'dist', 'code-version.txt');
  return note !== null && existsSync(note) ? readFileSync(note, 'utf8').trim() : productVersion();
}

function productRoot(): string | null {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    if (dirname(folder) === folder) return null;
    folder = dirname(folder);
  }
  return folder;
}
