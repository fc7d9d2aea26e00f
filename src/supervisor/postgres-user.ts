import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { HopelessStart } from './hopeless-start.js';

/** Who PostgreSQL runs as. */
export interface Identity {
  name: string;
  uid: number;
  gid: number;
}

/** The unprivileged user that PostgreSQL, which refuses root, runs as when we are root: `postgres`, else `nobody` (initdb needs a user that exists). Null: as ourselves. */
export function postgresIdentity(): Identity | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    const uid = numericId('-u', name);
    const gid = numericId('-g', name);
    if (uid !== null && gid !== null && uid !== 0) return { name, uid, gid };
  }
  throw new HopelessStart("PostgreSQL does not run as root, and there is neither a user 'postgres' nor 'nobody'. Create one (useradd --system postgres), start as an ordinary user, or set DATABASE_URL.");
}

function numericId(flag: '-u' | '-g', name: string): number | null {
  try {
    return Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return null;
  }
}

/** The first folder on the way to `path` (itself included) that this user cannot enter or read, or null; folders that do not exist yet are no obstacle. */
export function firstClosedFolder(path: string, identity: Identity): string | null {
  const chain: string[] = [];
  for (let folder = path; ; folder = dirname(folder)) {
    chain.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  return chain.find((folder) => isClosed(folder, identity)) ?? null;
}

function isClosed(path: string, identity: Identity): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return false;
  const bit = stat.uid === identity.uid ? 0o100 : stat.gid === identity.gid ? 0o010 : 0o001;
  return (stat.mode & bit) === 0;
}
