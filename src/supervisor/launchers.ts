import { resolve } from 'node:path';
import type { Config } from '../config/config.js';
import { childEnvironment } from '../config/machine.js';
import { keepOrMove, type PortName } from './choose-ports.js';
import { startPostgres } from './embedded-postgres.js';
import { startTemporal } from './embedded-temporal.js';
import type { RunningEngine } from './engine-process.js';
import { isEngineNoise } from './format-log-line.js';
import type { HomeFiles } from './home.js';
import { postgresPassword, temporalNamespace } from './home.js';
import type { NodePart } from './node-part.js';
import { startNodePart } from './node-part.js';
import type { PartName } from './supervision.js';
import { resolveTemporalBinary } from './temporal-binary.js';
import { workerPolls } from './worker-polls.js';
import { workerNodeOptions } from '../worker-heap.js';

const readyWithinMs = 90_000;

/** What starting the parts of one supervisor needs to know. */
export interface LaunchSetup {
  config: Config;
  files: HomeFiles;
  ports: Record<PortName, number>;
  isVerbose: boolean;
  /** One line of a part, for the terminal. */
  log: (part: PartName, line: string) => void;
  /** A process of a part exists. */
  onSpawn: (part: PartName, pid: number) => void;
}

/** A part's way to start: settles with the running process when it is ready, or with null when it was a task that is done. */
export type Launcher = () => Promise<RunningEngine | null>;

/** What is learned while starting: embedded engines fill these in, outside ones are known before. */
export interface Addresses {
  databaseUrl: string | null;
  temporalAddress: string | null;
  /** Of our workflows on that server. */
  temporalNamespace: string | null;
  temporalUiUrl: string | null;
  simulatedUrl: string | null;
  apiUrl: string;
  postgresData: string | null;
}

/** Which parts this start has: no embedded engine where the configuration names another, no simulated provider where a real one has a key. */
export function partsFor(config: Config): PartName[] {
  return [
    ...(config.environment.DATABASE_URL === undefined ? (['postgres'] as const) : []),
    ...(config.environment.TEMPORAL_ADDRESS === undefined ? (['temporal'] as const) : []),
    ...(config.simulated && config.simulatedUrl === null ? (['simulated'] as const) : []),
    'migrate', 'api', 'worker',
  ];
}

/** The addresses known before anything starts. */
export function initialAddresses(config: Config, ports: Record<PortName, number>): Addresses {
  const { environment } = config;
  return {
    databaseUrl: environment.DATABASE_URL ?? null,
    temporalAddress: environment.TEMPORAL_ADDRESS ?? null,
    temporalNamespace: environment.TEMPORAL_ADDRESS === undefined ? null : environment.TEMPORAL_NAMESPACE,
    temporalUiUrl: environment.TEMPORAL_UI_URL ?? null,
    simulatedUrl: config.simulatedUrl,
    apiUrl: apiUrlOf(config, ports),
    postgresData: null,
  };
}

function apiUrlOf(config: Config, { api }: Record<PortName, number>): string {
  const host = ['0.0.0.0', '::', '::0'].includes(config.host) ? '127.0.0.1' : config.host.includes(':') ? `[${config.host}]` : config.host;
  return `http://${host}:${String(api)}`;
}

/** How each part starts; they write what they learn into `addresses`. */
export function createLaunchers(setup: LaunchSetup, addresses: Addresses): Record<PartName, Launcher> {
  const logOf = (part: PartName) => (line: string): void => { setup.log(part, line); };
  const spawnOf = (part: PartName) => (pid: number): void => { setup.onSpawn(part, pid); };
  const quietly = (engine: 'postgres' | 'temporal') => (line: string): void => {
    if (setup.isVerbose || line.includes('PostgreSQL runs as') || !isEngineNoise(engine, line)) setup.log(engine, line);
  };
  const nodePart = (part: 'api' | 'worker' | 'simulated', how: Pick<NodePart, 'script' | 'args' | 'nodeOptions' | 'drainMs' | 'isReady' | 'tellsListening'>): Promise<RunningEngine> =>
    startNodePart({ ...how, environment: environmentFor(setup, addresses), readyWithinMs, onLog: logOf(part), onSpawn: spawnOf(part) });
  // A port that served once is known to others and stays; until then it may move.
  const served = new Set<PortName>();
  const isFixed = (name: PortName): boolean => served.has(name) || (name === 'api' && (setup.config.environment.PORT ?? setup.config.environment.TRIO_PORT) !== undefined);
  const onPorts = async (part: PartName, names: PortName[], start: () => Promise<RunningEngine>): Promise<RunningEngine> => {
    for (const name of names.filter((other) => !isFixed(other))) {
      const taken = Object.entries(setup.ports).flatMap(([other, port]) => (other === name ? [] : [port]));
      setup.ports[name] = await keepOrMove(setup.files, { name, port: setup.ports[name], host: name === 'api' ? setup.config.host : '127.0.0.1', taken }, logOf(part));
    }
    const running = await start();
    for (const name of names) served.add(name);
    return running;
  };

  return {
    postgres: () => onPorts('postgres', ['postgres'], async () => {
      const running = await startPostgres({
        dataDirectory: setup.files.postgresData, port: setup.ports.postgres, password: postgresPassword(setup.files), durable: true,
        onLog: quietly('postgres'), onSpawn: spawnOf('postgres'),
      });
      addresses.databaseUrl = running.url;
      addresses.postgresData = running.dataDirectory;
      return running;
    }),
    temporal: () => onPorts('temporal', ['temporal', 'temporalUi'], async () => {
      const binary = await resolveTemporalBinary({ configured: setup.config.environment.TEMPORAL_CLI_PATH, onProgress: logOf('temporal'), onSpawn: spawnOf('temporal') });
      const namespace = temporalNamespace(setup.files);
      const running = await startTemporal({
        binary: binary.path, databaseFile: setup.files.temporalDatabase, namespace, port: setup.ports.temporal, uiPort: setup.ports.temporalUi,
        onLog: quietly('temporal'), onSpawn: spawnOf('temporal'),
      });
      addresses.temporalAddress = running.address;
      addresses.temporalNamespace = namespace;
      addresses.temporalUiUrl ??= running.uiUrl;
      return running;
    }),
    simulated: () => onPorts('simulated', ['simulated'], () => {
      const url = `http://127.0.0.1:${String(setup.ports.simulated)}`;
      addresses.simulatedUrl = url;
      return nodePart('simulated', { script: 'src/simulated/main.js', args: ['--port', String(setup.ports.simulated)], drainMs: 2_000, tellsListening: true, isReady: () => answers(`${url}/stats`) });
    }),
    migrate: async () => {
      if (addresses.databaseUrl === null) throw new Error('no database to migrate');
      const { migrateDatabase } = await import('./migrate-database.js');
      const ran = await migrateDatabase(addresses.databaseUrl);
      if (ran.length > 0) setup.log('migrate', `applied ${ran.join(', ')}`);
      return null;
    },
    api: () => onPorts('api', ['api'], () => {
      addresses.apiUrl = apiUrlOf(setup.config, setup.ports);
      return nodePart('api', { script: 'src/main.js', drainMs: 15_000, tellsListening: true, isReady: () => answers(`${addresses.apiUrl}/health/live`) });
    }),
    worker: () => nodePart('worker', { script: 'src/worker.js', nodeOptions: workerNodeOptions, drainMs: 30_000, isReady: () => workerPolls(setup.config, addresses) }),
  };
}

function environmentFor(setup: LaunchSetup, addresses: Addresses): NodeJS.ProcessEnv {
  return childEnvironment({
    CONCLAVE_HOME: resolve(setup.files.folder),
    HOST: setup.config.host,
    PORT: String(setup.ports.api),
    DATABASE_URL: addresses.databaseUrl ?? undefined,
    TEMPORAL_ADDRESS: addresses.temporalAddress ?? undefined,
    TEMPORAL_NAMESPACE: addresses.temporalNamespace ?? undefined,
    TEMPORAL_UI_URL: addresses.temporalUiUrl ?? undefined,
    CONCLAVE_SIMULATED_URL: addresses.simulatedUrl ?? undefined,
  });
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.ok;
}
