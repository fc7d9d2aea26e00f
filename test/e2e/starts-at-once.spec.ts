import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ask, ConclaveClient } from '../support/conclave-client.js';
import { createTestDatabase } from '../support/database.js';
import { startTestTemporal } from '../support/engines.js';
import { marker } from '../support/marker.js';
import { startNodeProcess } from '../support/node-process.js';
import { freePort } from '../support/ports.js';
import { until } from '../support/until.js';

const stops: (() => Promise<void> | void)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

function read(path: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

describe('two Conclaves that start at the same moment', () => {
  it('and would both like the same ports come up on ports of their own', async () => {
    const [temporal, ...databases] = await Promise.all([startTestTemporal({ namespace: 'at-once-1' }), createTestDatabase(), createTestDatabase()]);
    stops.push(() => temporal.stop(), ...databases.map((database) => () => database.drop()));
    const ports = { api: await freePort(), simulated: await freePort() };
    const started = await Promise.all(databases.map(async (database, index) => {
      const home = mkdtempSync(join(tmpdir(), 'conclave-at-once-'));
      stops.push(() => rmSync(home, { recursive: true, force: true }));
      writeFileSync(join(home, 'ports.json'), JSON.stringify(ports));
      const up = await startNodeProcess('up at once', ['dist/src/cli/main.js', 'up'], {
        DATABASE_URL: database.url, TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: ['default', 'at-once-1'][index] ?? '', CONCLAVE_HOME: home, CONCLAVE_CONFIG: join(process.cwd(), 'test', 'fixtures', 'conclave.yaml'), CONCLAVE_SIMULATED: 'on', CONCLAVE_POLICY: 'test', LOG_LEVEL: 'warn', NO_COLOR: '1',
      });
      stops.push(() => up.stop());
      return { home, up };
    }));
    const places = await Promise.all(started.map(async ({ home, up }) => {
      const gone = up.exited.then(() => { throw new Error(`It ended:\n${up.output()}`); });
      const ready = until('ready', () => Promise.resolve(read(join(home, 'run', 'supervisor.json'))['apiUrl'] as string | undefined), 90_000, 100);
      const url = await Promise.race([gone, ready]);
      gone.catch(() => undefined);
      expect((await new ConclaveClient(url).chat({ model: 'simulated/alder', messages: ask(marker()) })).status).toBe(200);
      return { url, ...read(join(home, 'ports.json')) };
    }));
    for (const name of ['url', 'api', 'simulated']) expect(new Set(places.map((place) => (place as Record<string, unknown>)[name])).size).toBe(2);
  });
});
