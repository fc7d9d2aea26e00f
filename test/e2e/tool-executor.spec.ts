import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConclaveClient } from '../support/conclave-client.js';
import { createTestDatabase } from '../support/database.js';
import { startTestTemporal } from '../support/engines.js';
import { marker } from '../support/marker.js';
import type { NodeProcess } from '../support/node-process.js';
import { startNodeProcess } from '../support/node-process.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { productEnvironment, stackAddresses, startApi } from '../support/stack.js';
import { until } from '../support/until.js';

const weather = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};

describe('a panel with a tool_executor, on a stack of its own with a live call log', () => {
  const stops: (() => unknown)[] = [];
  const asked: { name: string; arguments: { city: string } }[] = [];
  const keys: unknown[] = [];
  let toolStatus = 200;
  let isToolSilent = false;
  let worker: NodeProcess;
  let startWorker: () => Promise<NodeProcess>;
  let api: ConclaveClient;
  let callLog: string;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-tools-'));
    stops.push(() => rmSync(folder, { recursive: true, force: true }));
    const tool = createServer((request, response) => {
      let body = '';
      request.on('data', (piece) => (body += String(piece))).on('end', () => {
        asked.push(JSON.parse(body) as (typeof asked)[number]);
        keys.push(request.headers['idempotency-key']);
        if (isToolSilent) return;
        response.writeHead(toolStatus).end(JSON.stringify({ content: toolStatus === 200 ? 'Hail, 3 degrees' : 'station offline' }));
      });
    });
    await new Promise<void>((resolve) => tool.listen(0, '127.0.0.1', resolve));
    stops.push(() => tool.close());
    const config = join(folder, 'conclave.yaml');
    writeFileSync(config, JSON.stringify({
      tools: { get_weather: { url: `http://127.0.0.1:${(tool.address() as AddressInfo).port}/` } },
      panels: { tooled: { strategy: 'council', members: ['simulated/alder', 'simulated/birch'], chairman: 'simulated/chair', tool_executor: { tools: ['get_weather'] } } },
    }));
    callLog = join(folder, 'calls.jsonl');
    const [database, temporal] = await Promise.all([createTestDatabase(), startTestTemporal()]);
    stops.push(() => database.drop(), () => temporal.stop());
    const engines = { simulatedUrl: stackAddresses().simulatedUrl, databaseUrl: database.url, temporalAddress: temporal.address };
    const environment = { ...productEnvironment(engines, folder), CONCLAVE_CONFIG: config, CALL_LOG_FILE: callLog };
    startWorker = () => startNodeProcess('worker-tools', ['dist/src/worker.js'], environment);
    const [own, first] = await Promise.all([startApi(environment, 'api-tools'), startWorker()]);
    worker = first;
    stops.push(() => own.stop(), () => worker.stop());
    api = new ConclaveClient(own.url);
  });
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  const askWeather = () => api.chat({ model: 'panel/tooled', tools: [weather], messages: [{ role: 'user', content: `(${marker()}) What is the weather in Paris?` }] });

  it('runs the chairman’s call itself and enters it into the ledger', async () => {
    const answer = await askWeather();
    expect([answer.status, answer.json.choices?.[0]]).toEqual([200, expect.objectContaining({ finish_reason: 'stop', message: expect.objectContaining({ content: expect.stringContaining('Hail, 3 degrees') }) })]);
    expect(asked.splice(0)).toEqual([expect.objectContaining({ name: 'get_weather', arguments: { city: 'Paris' } })]);
    const { json } = await api.get(`/api/calls?completion_id=${answer.json.id}`);
    expect(json.data.filter((call: { stage: string }) => call.stage === 'tool')).toEqual([expect.objectContaining({ provider: 'tool', model: 'get_weather' })]);
  });

  it('shows the model a failing tool’s error as text', async () => {
    toolStatus = 500;
    const answer = await askWeather();
    expect([answer.status, answer.json.choices?.[0].message.content]).toEqual([200, expect.stringMatching(/answered 500: .*station offline/)]);
  });

  it('CALL_LOG_FILE holds the lines of the export', async () => {
    const lines = (text: string) => text.trim().split('\n').map((line) => JSON.parse(line) as { id: string }).sort((a, b) => (a.id < b.id ? -1 : 1));
    const exported = lines((await api.get('/api/calls/export')).text);
    // It is written behind the calls, which do not wait for it.
    await until('the last line', () => Promise.resolve(lines(readFileSync(callLog, 'utf8')).length >= exported.length));
    expect(lines(readFileSync(callLog, 'utf8'))).toEqual(exported);
  });

  async function killWorker(): Promise<void> {
    worker.kill('SIGKILL');
    await worker.exited;
    worker = await startWorker();
  }

  it('asks a tool again under the same key if the worker dies before its answer is recorded', async () => {
    toolStatus = 200;
    isToolSilent = true;
    keys.length = 0;
    const answering = askWeather();
    await until('the tool is asked', () => Promise.resolve(keys.length === 1));
    isToolSilent = false;
    await killWorker();
    expect((await answering).status).toBe(200);
    expect(keys).toEqual([expect.stringMatching(/^chatcmpl-.+tool/), keys[0]]);
  });

  it('does not run a recorded tool call again if the worker dies afterwards', async () => {
    const simulated = simulatedProvider();
    keys.length = 0;
    await simulated.rules({ contains: 'Hail, 3 degrees', effect: 'hold' });
    const answering = askWeather();
    await simulated.wait({ held: 1 }, { contains: 'Hail, 3 degrees' });
    await killWorker();
    await simulated.release({ contains: 'Hail, 3 degrees' });
    expect((await answering).status).toBe(200);
    expect(keys).toHaveLength(1);
  });
});
