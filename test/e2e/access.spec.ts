import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, conclave, ConclaveClient } from '../support/conclave-client.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase, rowsOf } from '../support/database.js';
import { marker } from '../support/marker.js';
import type { NodeProcess } from '../support/node-process.js';
import { startNodeProcess } from '../support/node-process.js';
import { freePort } from '../support/ports.js';
import { productEnvironment, stackAddresses, startApi } from '../support/stack.js';

/** A request with headers that fetch does not let one set. Resolves with the status. */
function statusWith(url: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject).end();
  });
}

describe('without any key', () => {
  const { apiUrl } = stackAddresses();
  const { port } = new URL(apiUrl);

  it('answers on loopback, whatever key a client sends', async () => {
    expect((await conclave().get('/v1/models', { headers: { authorization: 'Bearer anything' } })).status).toBe(200);
  });

  it.each([`127.0.0.1:${port}`, `localhost:${port}`])('takes the Host %s', async (host) => {
    expect(await statusWith(`${apiUrl}/v1/models`, { host })).toBe(200);
  });

  it('refuses a foreign Host: a page whose name resolves to loopback', async () => {
    expect(await statusWith(`${apiUrl}/v1/models`, { host: 'evil.example' })).toBe(403);
  });

  it('refuses a foreign Origin: a page in the browser of this machine', async () => {
    expect(await statusWith(`${apiUrl}/v1/models`, { host: `127.0.0.1:${port}`, origin: 'https://evil.example' })).toBe(403);
    expect(await statusWith(`${apiUrl}/v1/models`, { host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}` })).toBe(200);
  });

  it('refuses to bind elsewhere with a clear message', async () => {
    const database = await createTestDatabase();
    const { apiUrl: _, ...engines } = stackAddresses();
    const api = await startNodeProcess('api-open', ['dist/src/main.js'], {
      ...productEnvironment({ ...engines, databaseUrl: database.url }, '.conclave-test-unused'), HOST: '0.0.0.0', PORT: String(await freePort()),
    });
    expect(await api.exited).not.toBe(0);
    expect(api.output()).toMatch(/HOST/);
    expect(api.output()).toMatch(/key/i);
    await database.drop();
  });
});

describe('with a key', () => {
  const key = 'conclave-bootstrap-key-for-tests-0123456789abcdef';
  let database: TestDatabase;
  let api: NodeProcess & { url: string };

  beforeAll(async () => {
    database = await createTestDatabase();
    const { apiUrl: _, ...engines } = stackAddresses();
    const environment = { ...productEnvironment({ ...engines, databaseUrl: database.url }, '.conclave-test-unused'), CONCLAVE_BOOTSTRAP_KEY: key };
    api = await startApi(environment, 'api-keys');
  });
  afterAll(async () => {
    await api.stop();
    await database.drop();
  });

  it.each([
    ['bearer', { authorization: `Bearer ${key}` }, 200],
    ['x-api-key', { 'x-api-key': key }, 200],
    ['a wrong key', { authorization: 'Bearer wrong' }, 401],
    ['no key', {}, 401],
  ])('%s', async (_, headers, status) => {
    const answer = await new ConclaveClient(api.url).get('/v1/models', { headers });
    expect(answer.status).toBe(status);
    if (status === 401) expect(answer.json.error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_api_key' });
  });

  it('protects everything but health', async () => {
    const open = new ConclaveClient(api.url);
    expect((await open.get('/health/live')).status).toBe(200);
    for (const path of ['/api/completions', '/api/calls', '/api/metrics/summary', '/v1/chat/completions/chatcmpl-x']) {
      expect([path, (await open.get(path)).status]).toEqual([path, 401]);
    }
    expect((await open.chat({ model: 'simulated/alder', messages: ask(marker()) })).status).toBe(401);
    const messages = await open.messages({ model: 'simulated/alder', messages: ask(marker()) });
    expect([messages.status, messages.json.error.type]).toEqual([401, 'authentication_error']);
  });

  it('stores no key, only its hash', async () => {
    const rows = await rowsOf(database.url, 'SELECT * FROM api_keys');
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(key);
  });
});
