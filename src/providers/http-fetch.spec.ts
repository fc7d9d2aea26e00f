import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer as createHttpServer, type Server } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { answerWith, startProviderServer, type ProviderServer } from '../../test/support/provider-server.js';
import { connectionPool, fetchOver } from './http-fetch.js';
import { toProviderFailure } from './to-provider-failure.js';

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

describe('httpFetch', () => {
  it('gives up a host that takes the connection and never greets', async () => {
    const open = new Set<Socket>();
    const silent = createServer((socket) => void open.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const begun = Date.now();
    const refusal: unknown = await fetchOver(connectionPool({}, 1_200), `https://127.0.0.1:${portOf(silent)}/v1`).then(
      () => null,
      (error: unknown) => error,
    );
    for (const socket of open) socket.destroy();
    silent.close();
    expect(Date.now() - begun).toBeLessThan(8_000);
    expect(toProviderFailure(refusal, { provider: 'p', model: 'm', secrets: [], texts: [], now: 0 })).toMatchObject({ code: 'timeout', message: expect.stringContaining('connecting took too long') });
  });
});

describe('httpFetch behind a proxy', () => {
  let provider: ProviderServer;
  let proxy: Server;
  const tunnels: string[] = [];
  beforeAll(async () => {
    provider = await startProviderServer();
    provider.respond(answerWith('openai-chat'));
    // It knows the way to every host: the provider of this spec.
    proxy = createHttpServer().on('connect', (request, socket) => {
      tunnels.push(`${request.url ?? ''} ${request.headers['proxy-authorization'] ?? ''}`.trim());
      const target = connect(Number(new URL(provider.url).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => void tunnels.splice(0));
  afterAll(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await provider.stop();
  });

  it('reaches a provider through it, with its user and password', async () => {
    const pool = connectionPool({ HTTP_PROXY: `http://ann:secret@127.0.0.1:${portOf(proxy)}` });
    const answer = await fetchOver(pool, 'http://provider.example/v1/chat/completions', { method: 'POST', body: '{"model":"m"}' });
    expect([answer.status, provider.requests.at(-1)?.body]).toEqual([200, { model: 'm' }]);
    expect(tunnels).toEqual([`provider.example:80 Basic ${Buffer.from('ann:secret').toString('base64')}`]);
    await pool.destroy();
  });

  it('asks this machine and the hosts of NO_PROXY directly', async () => {
    const pool = connectionPool({ https_proxy: '', HTTP_PROXY: `http://127.0.0.1:${portOf(proxy)}`, NO_PROXY: '.internal.invalid' });
    expect((await fetchOver(pool, `${provider.url}/v1/models`)).status).toBe(200);
    await expect(fetchOver(pool, 'http://llm.internal.invalid/v1/models')).rejects.toMatchObject({ code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) });
    expect(tunnels).toEqual([]);
    await pool.destroy();
  });
});
