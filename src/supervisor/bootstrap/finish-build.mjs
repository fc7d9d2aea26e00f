// What the compiler leaves to do: a program that is named as `bin` must be one that can be run, and results name the code that made them.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, sourceFolders, sourceHash } from './prepare.mjs';

const { bin, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
for (const path of Object.values(bin)) {
  const file = join(root, path);
  if (existsSync(file)) chmodSync(file, 0o755);
}
writeFileSync(join(root, 'dist', 'code-version.txt'), `${version}+${commit() ?? `src.${sourceHash().slice(0, 12)}`}\n`);

/** The commit, with `.changed` where the sources differ from it; null: this is no checkout, as in an image. */
function commit() {
  // A repository around an unpacked archive says nothing about it.
  if (!existsSync(join(root, '.git'))) return null;
  const head = git('rev-parse', '--short=12', 'HEAD');
  const changes = git('status', '--porcelain', '--', ...sourceFolders, 'datasets', 'models.yaml', 'package.json');
  return head === null || changes === null ? null : `${head}${changes === '' ? '' : '.changed'}`;
}

function git(...args) {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}
