import { resolve } from 'node:path';
import { processEnvironment } from '../config/process-environment.js';
import { homeFiles } from '../supervisor/home.js';
import type { RunFile } from '../supervisor/run-file.js';
import { runningSupervisor } from '../supervisor/run-file.js';

/** A server that answers, and how to address it. */
export interface Server {
  /** Without a trailing slash. */
  url: string;
  headers: Record<string, string>;
}

/** The supervisor of this CONCLAVE_HOME, if one runs. */
export function localRun(): RunFile | null {
  return runningSupervisor(homeFiles(resolve(processEnvironment()['CONCLAVE_HOME'] ?? '.conclave')));
}

/** The server that the options, CONCLAVE_URL or the home's run file name; throws with what to do when it does not answer. */
export async function findServer(options: { url?: string | undefined; key?: string | undefined }): Promise<Server> {
  const environment = processEnvironment();
  const url = (options.url ?? environment['CONCLAVE_URL'] ?? localRun()?.apiUrl ?? defaultUrl(environment)).replace(/\/+$/, '').replace(/\/v1$/, '');
  const key = options.key ?? environment['CONCLAVE_API_KEY'];
  try {
    await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(5_000) });
  } catch (error) {
    throw new Error(`No Conclave answers at ${url}. Start one with "npm start" (or "conclave up") in another terminal, or name a running one with --url or CONCLAVE_URL.`, { cause: error });
  }
  return { url, headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) } };
}

function defaultUrl(environment: NodeJS.ProcessEnv): string {
  return `http://127.0.0.1:${environment['PORT'] ?? environment['TRIO_PORT'] ?? '8000'}`;
}
