import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../src/supervisor/embedded-postgres.js';
import { startTemporal, type TemporalOptions } from '../../src/supervisor/embedded-temporal.js';
import { resolveTemporalBinary } from '../../src/supervisor/temporal-binary.js';
import { freePort } from './ports.js';

/** PostgreSQL without fsync in a temporary folder that goes with it. */
export async function startTestPostgres(): Promise<{ url: string; pid: number; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-test-'));
  // As root PostgreSQL runs as another user, who has to pass through here.
  chmodSync(folder, 0o711);
  const postgres = await startPostgres({ dataDirectory: join(folder, 'postgres'), port: await freePort(), password: 'test', durable: false });
  const stop = async (): Promise<void> => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: postgres.url, pid: postgres.pid, stop };
}

/** A Temporal server that keeps everything in memory, or in the file that is named. */
export async function startTestTemporal(where: Partial<Pick<TemporalOptions, 'databaseFile' | 'namespace' | 'port'>> = {}): Promise<{ address: string; pid: number; stop(): Promise<void> }> {
  const configured = process.env['TEMPORAL_CLI_PATH'];
  const binary = await resolveTemporalBinary({ ...(configured && { configured }), onProgress: (line) => console.error(line) });
  const temporal = await startTemporal({ binary: binary.path, databaseFile: null, namespace: 'default', port: await freePort(), uiPort: null, ...where });
  if (where.databaseFile) return temporal;
  // Nothing of it is kept, so that nothing need be ended gently, which takes seconds.
  let hasEnded = false;
  const exited = temporal.exited.finally(() => { hasEnded = true; });
  const stop = async (): Promise<void> => {
    if (!hasEnded) process.kill(temporal.pid, 'SIGKILL');
    await exited;
  };
  return { ...temporal, stop };
}
