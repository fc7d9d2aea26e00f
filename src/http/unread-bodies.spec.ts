import { Agent, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fastify } from 'fastify';
import { keepUnreadConnections } from './unread-bodies.js';

const mebibyte = 1024 ** 2;
const server = fastify({ bodyLimit: mebibyte, forceCloseConnections: true });

beforeAll(async () => {
  keepUnreadConnections(server);
  server.post('/', () => 'taken');
  await server.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => server.close());

/** Sends all of the body whatever is answered meanwhile, as many clients do; ends with the answer, or with the error that sending met. */
async function send({ agent, type, mebibytes }: { agent: Agent | false; type: string; mebibytes: number }): Promise<number> {
  const { port } = server.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const sending = httpRequest({ agent, host: '127.0.0.1', port, method: 'POST', headers: { 'content-type': type, 'content-length': mebibytes * mebibyte } });
    let status = 0;
    sending.on('error', reject);
    sending.on('response', (response) => {
      status = response.statusCode ?? 0;
      response.resume();
    });
    sending.on('close', () => { resolve(status); });
    const write = (left: number): void => {
      if (left === 0) sending.end();
      else sending.write(Buffer.alloc(mebibyte, 'x'), () => { write(left - 1); });
    };
    write(mebibytes);
  });
}

describe('keepUnreadConnections', () => {
  it.each([
    ['too large', 'application/json', 413],
    ['of a type that is not taken', 'application/xml', 415],
  ])('a client that sends to the end reads why its body is refused, whether it keeps its connection or not: %s', async (_name, type, status) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const each of [agent, agent, false] as const) expect(await send({ agent: each, type, mebibytes: 24 })).toBe(status);
    agent.destroy();
  });

  it('answers what it takes', async () => {
    const { port } = server.server.address() as AddressInfo;
    expect(await (await fetch(`http://127.0.0.1:${String(port)}/`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).text()).toBe('taken');
  });
});
