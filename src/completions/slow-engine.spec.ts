import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { loadConfig } from '../config/config.js';
import { createApi } from '../http/create-api.js';

let database: TestDatabase;
let silent: Server;
const sockets = new Set<Socket>();
let api: NestFastifyApplication;
let url: string;

beforeAll(async () => {
  database = await createTestDatabase();
  // Takes connections and never says a word, as a Temporal server does that hangs.
  silent = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  // A TCP server's address is never a path.
  const { port } = silent.address() as AddressInfo;
  const environment = { DATABASE_URL: database.url, TEMPORAL_ADDRESS: `127.0.0.1:${String(port)}`, CONCLAVE_POLICY: 'test', CONCLAVE_SIMULATED: 'on', CONCLAVE_SIMULATED_URL: 'http://127.0.0.1:9', LOG_LEVEL: 'error' };
  api = await createApi(loadConfig(environment));
  await api.listen(0, '127.0.0.1');
  url = await api.getUrl();
});
afterAll(async () => {
  await api.close();
  for (const socket of sockets) socket.destroy();
  silent.close();
  await database.drop();
});

async function ask(stream: boolean): Promise<IncomingMessage> {
  const asking = request(`${url}/v1/chat/completions`, { method: 'POST', agent: false, headers: { 'content-type': 'application/json' } });
  asking.end(JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'hi' }], stream }));
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  return response;
}

describe('while Temporal does not answer', () => {
  it('a stream begins all the same: headers and role at once, then signs of life', async () => {
    const startedAt = Date.now();
    const response = await ask(true);
    const frames = response.setEncoding('utf8')[Symbol.asyncIterator]();
    const first = await frames.next();
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    expect(response.statusCode).toBe(200);
    expect(first.value).toContain('"delta":{"role":"assistant"');
    expect((await frames.next()).value).toBe(': keep-alive\n\n');
    response.destroy();
  });

  it('a JSON request is told to try again', async () => {
    const response = await ask(false);
    expect([response.statusCode, response.headers['x-should-retry']]).toEqual([503, 'true']);
    expect(JSON.parse(await text(response))).toMatchObject({ error: { code: 'unavailable' }, conclave: { completion_id: expect.any(String) } });
  });
});
