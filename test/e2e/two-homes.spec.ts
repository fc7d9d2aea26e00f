import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { openHome, temporalNamespace } from '../../src/supervisor/home.js';
import { ask, ConclaveClient } from '../support/conclave-client.js';
import { createTestDatabase } from '../support/database.js';
import { startTestTemporal } from '../support/engines.js';
import { marker } from '../support/marker.js';
import { startNodeProcess } from '../support/node-process.js';
import { askUntilAnswered } from '../support/persistent-client.js';
import { freePort } from '../support/ports.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { productEnvironment, stackAddresses, startApi } from '../support/stack.js';
import { until } from '../support/until.js';

const stops: (() => Promise<void> | void)[] = [];

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

function newHome() {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-two-homes-'));
  stops.push(() => rmSync(folder, { recursive: true, force: true }));
  const files = openHome(folder);
  return { folder, databaseFile: files.temporalDatabase, namespace: temporalNamespace(files) };
}

describe('two homes on one machine', () => {
  it('do not mix where one Temporal is dead and the other takes its port', async () => {
    const [home, other] = [newHome(), newHome()];
    const port = await freePort();
    const startOwn = () => startTestTemporal({ port, databaseFile: home.databaseFile, namespace: home.namespace });
    const [database, temporal] = await Promise.all([createTestDatabase(), startOwn()]);
    stops.push(() => database.drop(), () => temporal.stop());
    const environment = { ...productEnvironment({ ...stackAddresses(), databaseUrl: database.url, temporalAddress: temporal.address }, home.folder), TEMPORAL_NAMESPACE: home.namespace };
    const startWorker = async () => {
      const worker = await startNodeProcess('worker of a home', ['dist/src/worker.js'], environment);
      stops.push(() => worker.stop());
    };
    const [api] = await Promise.all([startApi(environment, 'api of a home'), startWorker()]);
    stops.push(() => api.stop());
    const request = (mark: string) => ({ model: 'simulated/alder', messages: ask(mark) });

    const [running, late] = [marker(), marker()];
    await simulatedProvider().rules({ effect: 'hold', contains: running });
    const first = askUntilAnswered(api.url, request(running), running);
    await simulatedProvider().wait({ held: 1 }, { contains: running });
    await temporal.stop();
    const foreign = await startTestTemporal({ port, namespace: other.namespace });
    stops.push(() => foreign.stop());

    // Whoever looks sees that it is not ours: readiness, a start, the sweep, and our own server, which does not take the other for itself.
    const client = new ConclaveClient(api.url);
    await until('an api that is not ready', async () => (await client.get('/health/ready')).json?.details.temporal.status === 'down');
    expect(await client.chat(request(late), { headers: { 'idempotency-key': late } })).toMatchObject({ status: 503, json: { error: { code: 'unavailable' } } });
    await until('a sweep', async () => api.output().includes(`could not be looked after: Namespace not found: '${home.namespace}'`));
    await expect(startOwn()).rejects.toThrow(`Port ${String(port)} for Temporal is in use`);
    const connection = await Connection.connect({ address: foreign.address });
    const counts = await Promise.all([other.namespace, 'default'].map((namespace) => new Client({ connection, namespace }).workflow.count()));
    expect(counts.map(({ count }) => count)).toEqual([0, 0]);
    await connection.close();

    await foreign.stop();
    const back = await startOwn();
    stops.push(() => back.stop());
    await simulatedProvider().release({ contains: running });
    // The first worker has ended, or will, at a poll that was refused; the supervisor would start another.
    await startWorker();
    // Both end where they began: the one whose workflow ran, and the one that had none yet.
    const answers = await Promise.all([first, askUntilAnswered(api.url, request(late), late)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  }, 150_000);
});
