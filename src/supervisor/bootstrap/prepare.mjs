import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const modules = join(root, 'node_modules');
const lockStamp = join(modules, '.conclave-lock-hash');
const buildStamp = join(root, 'dist', '.build-stamp');
export const sourceFolders = ['domain', 'workflows', 'activities', 'src'];
const sourceFiles = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'models.yaml'];

export function say(line) {
  console.log(`conclave │ ${line}`);
}

/** Installs what package-lock.json names, and builds, but only where something changed since last time. */
export async function prepare() {
  const wasInstalled = await installIfNeeded();
  await buildIfNeeded(wasInstalled);
}

async function installIfNeeded() {
  const wanted = hash([readFileSync(join(root, 'package-lock.json'))]);
  if (existsSync(lockStamp) && readFileSync(lockStamp, 'utf8') === wanted) return false;
  if (!existsSync(lockStamp) && isInstalledByHand()) {
    stamp(lockStamp, wanted);
    return false;
  }
  const why = existsSync(modules) ? 'package-lock.json changed' : 'first start';
  // NODE_ENV=production would leave out what the build needs.
  await step(`installing dependencies (${why}; about a minute)`, 'npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']);
  stamp(lockStamp, wanted);
  return true;
}

/** `npm ci` of a developer leaves npm's own record, which is younger than the lock it was made from. */
function isInstalledByHand() {
  const record = join(modules, '.package-lock.json');
  return existsSync(record) && existsSync(join(modules, 'typescript-native')) && statSync(record).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

async function buildIfNeeded(isForced) {
  const wanted = sourceHash();
  const isBuilt = existsSync(buildStamp) && readFileSync(buildStamp, 'utf8') === wanted && existsSync(join(root, 'dist', 'src', 'cli', 'main.js'));
  if (isBuilt && !isForced) return;
  await step(`building (${existsSync(buildStamp) ? 'sources changed' : 'first build'}; some seconds)`, 'npm', ['run', '--silent', 'build']);
  stamp(buildStamp, wanted);
}

/** Notes what was done; in a checkout of another user there is nothing to note, since nothing was done. */
function stamp(path, content) {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
  }
}

/** Of every source file's name and content: times lie after a checkout. */
export function sourceHash() {
  const files = [...sourceFolders.flatMap((folder) => filesBelow(join(root, folder))), ...sourceFiles.map((name) => join(root, name)).filter((path) => existsSync(path))];
  return hash(files.sort().flatMap((path) => [relative(root, path), readFileSync(path)]));
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return /\.(ts|mjs|json|yaml)$/.test(entry.name) && !entry.name.endsWith('.spec.ts') ? [path] : [];
  });
}

function hash(parts) {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part).update('\0');
  return digest.digest('hex');
}

/** Runs one command with a line before it and its time after it; ends this process where it fails. */
async function step(title, command, args) {
  say(`${title} …`);
  const begun = Date.now();
  const ticker = setInterval(() => say(`  still at it (${seconds(begun)})`), 20_000);
  const code = await run(command, args);
  clearInterval(ticker);
  if (code !== 0) {
    console.error(`\n"${command} ${args.join(' ')}" failed with code ${code} in ${root}; what it said is above. Mend that and start again: nothing half-done is kept.`);
    process.exit(1);
  }
  say(`  done in ${seconds(begun)}`);
}

function seconds(begun) {
  return `${((Date.now() - begun) / 1000).toFixed(1)} s`;
}

/** Runs a command in the project's folder with this terminal and returns its exit code; `output` 'ignore' drops what it writes to standard output. */
export function run(command, args, environment = {}, output = 'inherit') {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', output, 'inherit'], env: { ...process.env, ...environment }, shell: process.platform === 'win32' });
    const stop = () => {
      child.kill('SIGTERM');
      process.exit(143);
    };
    process.once('SIGTERM', stop);
    child.once('error', (error) => {
      console.error(error.message);
      resolve(127);
    });
    child.once('close', (code, signal) => {
      process.off('SIGTERM', stop);
      if (signal) console.error(`${command} ended by ${signal}.`);
      resolve(signal ? 1 : code);
    });
  });
}
