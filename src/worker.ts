import { setTimeout as wait } from 'node:timers/promises';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { LogLevel, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import type { Logger } from 'pino';
import type { Config } from './config/config.js';
import { loadConfig } from './config/config.js';
import { errorForLog } from './config/error-for-log.js';
import { isPasswordRefused, untilDatabaseAnswers } from './database/until-database-answers.js';
import { temporalConnectOptions } from './temporal/connect-options.js';
import type { TemporalConnectOptions } from './temporal/connect-options.js';
import { createJobsWorker, createWorker } from './temporal/create-worker.js';
import { PostgresPayloadCodec } from './temporal/postgres-payload-codec.js';
import { registerSearchAttributes } from './temporal/register-search-attributes.js';
import { workflowBundle } from './temporal/workflow-bundle.js';
import { collectOnce, keepHeapSmall } from './worker-heap.js';
import { composeWorker } from './worker.module.js';

/** Engines that start at the same time as the worker get this long. */
const startPatienceMs = 120_000;
const connectPauseMs = 500;

const config = loadConfig();
const log = pino({ level: config.environment.LOG_LEVEL, base: null, serializers: { err: errorForLog, error: errorForLog } });
try {
  await main(config, log);
} catch (error) {
  log.fatal(error, 'The worker ended.');
  // A call that outlasted the drain would keep the process alive for nobody: whoever goes on makes it again.
  process.exit(1);
}

async function main(config: Config, log: Logger): Promise<void> {
  const databaseUrl = config.environment.DATABASE_URL;
  if (databaseUrl === undefined) throw new Error('DATABASE_URL is not set. Start with "npm start", or name a database, such as postgres://user:password@127.0.0.1:5432/conclave.');
  const connect = temporalConnectOptions(config.environment);
  keepHeapSmall();
  installRuntime(config, log);
  const composition = composeWorker(config, databaseUrl, log);
  const [connection, bundle] = await Promise.all([
    connectPatiently(connect, log),
    workflowBundle(),
    untilDatabaseAnswers(() => composition.pool.query('SELECT 1').catch(refuseWrongPassword), { patienceMs: startPatienceMs }).then(() => composition.start()),
  ]);
  try {
    await registerAttributes(connection, config.environment.TEMPORAL_NAMESPACE, log);
    const codec = new PostgresPayloadCodec(composition.pool);
    const parts = { connection, namespace: config.environment.TEMPORAL_NAMESPACE, codec, policy: config.policy, workflowBundle: bundle };
    const workers = await Promise.all([createWorker({ ...parts, activities: composition.activities }), createJobsWorker({ ...parts, activities: composition.jobActivities })]);
    await run(workers, log);
  } finally {
    // A worker whose calls outlasted the drain still holds the connection: that it can't be closed must not hide why the worker ended.
    await connection.close().catch((error: unknown) => {
      log.debug(error, 'The connection to Temporal was still in use.');
    });
    await composition.close();
  }
}

function refuseWrongPassword(error: unknown): never {
  if (isPasswordRefused(error)) throw new Error('PostgreSQL refuses the user or the password of DATABASE_URL. Correct them.', { cause: error });
  throw error;
}

// One that fails takes the other with it: a process that works on half of what it should looks healthy and is not.
async function run(workers: readonly Worker[], log: Logger): Promise<void> {
  const running = workers.map(async (worker) => {
    try {
      await worker.run();
    } finally {
      for (const other of workers) if (other.getState() === 'RUNNING') other.shutdown();
    }
  });
  collectOnce();
  log.info('worker ready');
  const failed = (await Promise.allSettled(running)).find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  log.info('worker drained');
}

// SIGTERM and SIGINT drain: Temporal's runtime listens to both.
function installRuntime(config: Config, log: Logger): void {
  const level: LogLevel = ['debug', 'trace'].includes(config.environment.LOG_LEVEL) ? 'DEBUG' : 'WARN';
  Runtime.install({
    logger: new DefaultLogger(level, ({ level: entryLevel, message, meta }) => {
      log[pinoLevel(entryLevel)]({ ...meta }, message);
    }),
  });
}

function pinoLevel(level: LogLevel): 'trace' | 'debug' | 'info' | 'warn' | 'error' {
  switch (level) {
    case 'TRACE':
      return 'trace';
    case 'DEBUG':
      return 'debug';
    case 'INFO':
      return 'info';
    case 'WARN':
      return 'warn';
    case 'ERROR':
      return 'error';
    default: {
      const never: never = level;
      return never;
    }
  }
}

async function connectPatiently(options: TemporalConnectOptions, log: Logger): Promise<NativeConnection> {
  const giveUpAt = Date.now() + startPatienceMs;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await NativeConnection.connect(options);
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      if (isFirst) log.warn(`Temporal at ${options.address} does not answer yet; waiting up to ${startPatienceMs / 1_000} s.`);
      await wait(connectPauseMs);
    }
  }
}

async function registerAttributes(connection: NativeConnection, namespace: string, log: Logger): Promise<void> {
  try {
    await registerSearchAttributes(connection, namespace);
  } catch (error) {
    log.debug(error, 'Search attributes could not be registered; workflows are started without those that are missing.');
  }
}
