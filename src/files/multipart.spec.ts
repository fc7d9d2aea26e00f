import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify';
import { ApiError } from '../http/api-error.js';
import { readForm, takeMultipart } from './multipart.js';

describe('readForm', () => {
  let server: FastifyInstance;
  let url: string;
  let port: number;
  let ends: string[] = [];
  let delayed: Promise<void> = Promise.resolve();
  let failure: Error | null = null;

  beforeAll(async () => {
    server = fastify();
    takeMultipart(server);
    server.setErrorHandler((error, _request, reply) => reply.status(error instanceof ApiError ? error.facts.status : 500).send({ message: (error as Error).message }));
    server.post('/v1/files', (request: FastifyRequest) =>
      readForm(request, async ({ filename, bytes }) => {
        await delayed;
        if (failure) throw failure;
        let length = 0;
        try {
          for await (const piece of bytes) length += piece.length;
          ends.push('whole');
        } catch (error) {
          ends.push('broken');
          throw error;
        }
        return { filename, length };
      }),
    );
    url = await server.listen({ port: 0, host: '127.0.0.1' });
    port = (server.server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    ends = [];
    delayed = Promise.resolve();
    failure = null;
  });

  const send = async (body: string | FormData) => {
    const response = await fetch(`${url}/v1/files`, { method: 'POST', body, ...(typeof body === 'string' ? { headers: { 'content-type': 'multipart/form-data; boundary=x' } } : {}) });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  const filePart = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n';

  it('gives fields and the file, in whichever order they come', async () => {
    const form = new FormData();
    form.append('file', new Blob(['x'.repeat(1_000_000)]), 'b.jsonl');
    form.append('options', '{"a":1}');
    expect(await send(form)).toEqual({ status: 200, json: { fields: { options: '{"a":1}' }, file: { filename: 'b.jsonl', length: 1_000_000 } } });
    expect(await send('--x\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--x--\r\n')).toEqual({ status: 200, json: { fields: { purpose: 'batch' }, file: null } });
  });

  it('tells a form that ends too soon, whether its file is being read or not yet', async () => {
    expect(await send(`${filePart}abc`)).toMatchObject({ status: 400, json: { message: expect.stringContaining('closing boundary') } });
    let go: () => void = () => undefined;
    delayed = new Promise((resolve) => (go = resolve));
    setTimeout(go, 50);
    expect(await send(`${filePart}abc`)).toMatchObject({ status: 400 });
    expect(ends).toEqual(['broken', 'broken']);
  });

  it("ends the store's reading when the client goes away", async () => {
    const sending = httpRequest({ port, method: 'POST', path: '/v1/files', headers: { 'content-type': 'multipart/form-data; boundary=x', 'content-length': '1000000' } });
    sending.on('error', () => undefined);
    await new Promise<void>((resolve) => sending.write(`${filePart}${'y'.repeat(100_000)}`, () => { resolve(); }));
    sending.destroy();
    const end = Date.now() + 5_000;
    while (ends.length === 0 && Date.now() < end) await new Promise(setImmediate);
    expect(ends).toEqual(['broken']);
  });

  it('answers at once with what the store throws, and serves the next request', async () => {
    failure = new Error('the disk is full');
    expect(await send(`${filePart}${'z'.repeat(3_000_000)}\r\n--x--\r\n`)).toEqual({ status: 500, json: { message: 'the disk is full' } });
    failure = null;
    expect((await send(`${filePart}abc\r\n--x--\r\n`)).status).toBe(200);
  });

  it('refuses a second file and a header without boundary', async () => {
    expect(await send(`${filePart}abc\r\n${filePart}def\r\n--x--\r\n`)).toMatchObject({ status: 400, json: { message: expect.stringContaining('one file a request') } });
    const response = await fetch(`${url}/v1/files`, { method: 'POST', body: 'abc', headers: { 'content-type': 'multipart/form-data' } });
    expect(response.status).toBe(400);
  });
});
