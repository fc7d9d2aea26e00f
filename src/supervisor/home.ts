import { randomBytes } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HopelessStart } from './hopeless-start.js';

/** Where things lie in `CONCLAVE_HOME`. */
export interface HomeFiles {
  folder: string;
  postgresData: string;
  postgresPassword: string;
  temporalDatabase: string;
  temporalNamespace: string;
  ports: string;
  /** What runs now: lock, addresses (mode 600, the database's password is among them). */
  supervisor: string;
  children: string;
}

export function homeFiles(folder: string): HomeFiles {
  return {
    folder,
    postgresData: join(folder, 'postgres'),
    postgresPassword: join(folder, 'postgres-password'),
    temporalDatabase: join(folder, 'temporal', 'temporal.db'),
    temporalNamespace: join(folder, 'temporal', 'namespace'),
    ports: join(folder, 'ports.json'),
    supervisor: join(folder, 'run', 'supervisor.json'),
    children: join(folder, 'run', 'children.json'),
  };
}

/** Creates the home's folders; throws a message for a person where that user may not write. */
export function openHome(folder: string): HomeFiles {
  const files = homeFiles(folder);
  try {
    const isNew = !existsSync(folder);
    mkdirSync(join(folder, 'run'), { recursive: true, mode: 0o711 });
    // As root PostgreSQL runs as another user, who has to pass through; what is secret has its own mode.
    if (isNew) chmodSync(folder, 0o711);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    accessSync(join(folder, 'run'), constants.W_OK);
  } catch (error) {
    throw new Error(`The data folder ${folder} can't be written by this user (${(error as Error).message}). Was it created by another user? Give it to this one, or set CONCLAVE_HOME to another folder.`, { cause: error });
  }
  return files;
}

/** The password of the embedded PostgreSQL: made on the first start, kept with mode 600. */
export function postgresPassword(files: HomeFiles): string {
  if (!existsSync(files.postgresPassword)) {
    writeFileSync(files.postgresPassword, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  }
  chmodSync(files.postgresPassword, 0o600);
  return readFileSync(files.postgresPassword, 'utf8').trim();
}

/**
 * The namespace of this home's workflows on its embedded Temporal: made on the first start and kept beside the database, so that a server of another home, should it have taken the
 * port, knows nothing of it. A database from before has its workflows in `default`, and keeps it.
 */
export function temporalNamespace(files: HomeFiles): string {
  const namespace = keptNamespace(files);
  if (namespace !== null) return namespace;
  const own = `conclave-${randomBytes(6).toString('hex')}`;
  mkdirSync(dirname(files.temporalNamespace), { recursive: true, mode: 0o700 });
  // Whole or not at all, and there before the database is: otherwise a first start that is killed would leave what looks like a home from before.
  const partial = `${files.temporalNamespace}.${String(process.pid)}`;
  writeFileSync(partial, `${own}\n`);
  renameSync(partial, files.temporalNamespace);
  return own;
}

/** The namespace that the home has by now; null: the first start will make one. */
export function keptNamespace(files: HomeFiles): string | null {
  if (!existsSync(files.temporalNamespace)) return existsSync(files.temporalDatabase) ? 'default' : null;
  const kept = readFileSync(files.temporalNamespace, 'utf8').trim();
  if (/^\w[\w.-]*$/.test(kept)) return kept;
  throw new HopelessStart(`${files.temporalNamespace} should hold the name of a Temporal namespace, and holds ${JSON.stringify(kept.slice(0, 100))}.\nPut the old file back, or move the folder ${dirname(files.temporalNamespace)} away: batches and runs are then started again where their rows say.`);
}

/** A JSON file of the home; null when it is missing or half-written. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
