import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { searchPath, userCacheDirectory } from '../config/machine.js';
import { buildTemporal } from './build-temporal.js';
import { downloadTemporal } from './download-temporal.js';
import { HopelessStart } from './hopeless-start.js';
import { temporalVersion } from './temporal-release.js';

export type TemporalSource = 'configured' | 'path' | 'cache' | 'download' | 'build';

export interface TemporalBinary {
  path: string;
  source: TemporalSource;
}

/**
 * Finds or makes a `temporal` program, the quick ways first: the configured one, `temporal` on PATH, the one made earlier in the user's cache, the pinned release from the
 * network (gives up in seconds where it can't be reached), a build from the pinned Go module. Throws a `HopelessStart` that lists the ways.
 */
export async function resolveTemporalBinary(options: { configured?: string | undefined; onProgress?: (line: string) => void; onSpawn?: (pid: number) => void } = {}): Promise<TemporalBinary> {
  const progress = options.onProgress ?? (() => undefined);
  const found = findTemporalBinary(options.configured);
  if (found) return found;
  const target = cachedBinary();
  progress(`no Temporal server on this machine yet; it will be kept in ${target}`);
  const failures: string[] = [];
  for (const [source, make] of [['download', downloadTemporal], ['build', buildTemporal]] as const) {
    try {
      await make(target, progress, options.onSpawn);
      return { path: target, source };
    } catch (error) {
      failures.push(`${source}: ${error instanceof Error ? error.message : String(error)}`);
      progress(failures.at(-1) ?? '');
    }
  }
  throw new HopelessStart(
    ['No Temporal server could be found or made. Any one of these helps:', '  - TEMPORAL_ADDRESS=host:port of a running server', '  - TEMPORAL_CLI_PATH=/path/to/temporal, or `temporal` on PATH (https://docs.temporal.io/cli)',
      '  - network access to github.com, to download the pinned release', '  - Go 1.25 or newer on PATH (https://go.dev/dl), to build it', 'What was tried:', ...failures.map((failure) => `  - ${failure}`)].join('\n'),
  );
}

/** The binary that needs no work: configured, on PATH, or cached. Throws when a configured one is not there. */
export function findTemporalBinary(configured?: string): TemporalBinary | null {
  if (configured) {
    if (!isExecutable(configured)) throw new HopelessStart(`TEMPORAL_CLI_PATH is '${configured}', which is not a program that can be run. Correct or unset it.`);
    return { path: configured, source: 'configured' };
  }
  const onPath = searchPath().map((folder) => join(folder, programName())).find(isExecutable);
  if (onPath) return { path: onPath, source: 'path' };
  const cached = cachedBinary();
  return isExecutable(cached) ? { path: cached, source: 'cache' } : null;
}

function programName(): string {
  return process.platform === 'win32' ? 'temporal.exe' : 'temporal';
}

/** Where the project keeps its own binary: the user's cache, or the temporary folder for a user without a home of their own. */
function cachedBinary(): string {
  const folder = `temporal-${temporalVersion}-${process.platform}-${process.arch}`;
  const usual = join(userCacheDirectory(), folder);
  try {
    mkdirSync(usual, { recursive: true });
    accessSync(usual, constants.W_OK);
    return join(usual, programName());
  } catch {
    if (existsSync(join(usual, programName()))) return join(usual, programName());
    const own = join(tmpdir(), `conclave-cache-${String(userInfo().uid)}`, folder);
    mkdirSync(own, { recursive: true, mode: 0o700 });
    return join(own, programName());
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
