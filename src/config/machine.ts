import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Folders of the command search path, in order. */
export function searchPath(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}

/** The folder for this user's caches by the platform's custom; shared by all checkouts. */
export function userCacheDirectory(): string {
  if (process.env['XDG_CACHE_HOME']) return join(process.env['XDG_CACHE_HOME'], 'conclave');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'conclave');
  if (process.platform === 'win32') return join(process.env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'conclave');
  return join(homedir(), '.cache', 'conclave');
}

/** The environment handed on to a child process, with additions; an addition of `undefined` takes the name away. */
export function childEnvironment(additions: Record<string, string | undefined>): NodeJS.ProcessEnv {
  return { ...process.env, ...additions };
}
