// What the compiler leaves to do: a program that is named as `bin` must be one that can be run.
import { chmodSync, existsSync, readFileSync } from 'node:fs';

const root = new URL('../../../', import.meta.url);
const { bin } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
for (const path of Object.values(bin)) {
  const file = new URL(path, root);
  if (existsSync(file)) chmodSync(file, 0o755);
}
