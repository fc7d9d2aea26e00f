import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { ask, conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { stackAddresses } from '../support/stack.js';

const api = conclave();
const openAiError = { error: { message: expect.any(String), type: expect.any(String), param: null, code: null } };

describe('every error has the shape of its API', () => {
  it.each([
    ['no body', '', 400],
    ['broken JSON', '{"model": "trio", ', 400],
    ['JSON that is no object', '[1, 2]', 400],
    ['no messages', '{"model": "trio"}', 400],
    ['empty messages', '{"model": "trio", "messages": []}', 400],
    ['an unknown role', '{"model": "trio", "messages": [{"role": "wizard", "content": "x"}]}', 400],
    ['a temperature out of range', '{"model": "trio", "messages": [{"role": "user", "content": "x"}], "temperature": 99}', 400],
    ['an unknown key in conclave', '{"model": "trio", "messages": [{"role": "user", "content": "x"}], "conclave": {"hedge": true}}', 400],
  ])('%s on /v1/chat/completions', async (_, body, status) => {
    const answer = await api.chat(body as unknown as Record<string, unknown>);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ error: { message: expect.any(String), type: 'invalid_request_error' } });
    expect(Object.keys(answer.json.error).sort()).toEqual(['code', 'message', 'param', 'type']);
  });

  it('an unknown model is a 404 with the nearest names', async () => {
    const answer = await api.chat({ model: 'panel/thre', messages: ask(marker()) });
    expect(answer.status).toBe(404);
    expect(answer.json.error).toMatchObject({ type: 'invalid_request_error', code: 'model_not_found', param: 'model' });
    expect(answer.json.error.message).toContain('panel/three');
  });

  it('fields of OpenAI that we do not use are no error', async () => {
    const answer = await api.chat({ model: 'simulated/alder', messages: ask(marker()), chat_id: 'x', session_id: 'y', store: false, metadata: { a: 'b' }, user: 'me', service_tier: 'auto' });
    expect(answer.status).toBe(200);
  });

  it('an unknown path under /v1 is a 404 in the OpenAI shape, elsewhere problem+json', async () => {
    const v1 = await api.get('/v1/none');
    expect([v1.status, v1.json]).toEqual([404, { error: { ...openAiError.error, type: 'invalid_request_error', code: expect.anything() } }]);
    const rest = await api.get('/api/none');
    expect(rest.status).toBe(404);
    expect(rest.headers.get('content-type')).toContain('application/problem+json');
    expect(rest.json).toMatchObject({ status: 404, title: expect.any(String) });
  });

  it('an address that is no URL is told in the shape and with the ids of its endpoint', async () => {
    const answer = await api.get('/v1/messages/%zz');
    expect([answer.status, answer.json.type, answer.json.error.type]).toEqual([400, 'error', 'invalid_request_error']);
    expect(answer.headers.get('request-id')).toBe(answer.json.request_id);
  });

  it('a completion that does not exist is a 404', async () => {
    expect((await api.get('/v1/chat/completions/chatcmpl-none')).status).toBe(404);
    expect((await api.get('/api/completions/chatcmpl-none')).status).toBe(404);
    expect((await api.get('/api/completions/chatcmpl-none/events')).status).toBe(404);
  });

  it('takes 20 MiB, and says 413 above the limit', async () => {
    const large = await api.chat({ model: 'nobody/knows-this', messages: [{ role: 'user', content: 'x'.repeat(20 * 1024 * 1024) }] });
    expect(large.status).toBe(404);
    const tooLarge = await announced(33 * 1024 * 1024);
    expect(tooLarge.status).toBe(413);
    expect(JSON.parse(tooLarge.text)).toMatchObject({ error: { message: expect.any(String), type: 'invalid_request_error' } });
  });

  /** What the service says to a body of that length before it has come. */
  function announced(length: number): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(`${stackAddresses().apiUrl}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': length } });
      request.on('error', reject).on('response', (response) => {
        let text = '';
        response.on('data', (data: Buffer) => (text += data.toString())).on('end', () => {
          resolve({ status: response.statusCode ?? 0, text });
          request.destroy();
        });
      });
      request.flushHeaders();
    });
  }

  it('another content type is told so', async () => {
    const answer = await api.request('POST', '/v1/chat/completions', 'model=trio', { headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect([400, 415]).toContain(answer.status);
    expect(answer.json.error.message).toEqual(expect.any(String));
  });

  it('a request that is not HTTP does not take the service down', async () => {
    const { port } = new URL(stackAddresses().apiUrl);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.end('\x16\x03\x01nonsense\r\n\r\n'));
      socket.on('error', () => undefined).on('close', () => resolve());
      socket.resume();
    });
    expect((await api.get('/health/live')).status).toBe(200);
  });

  it('echoes the client’s request id and gives one of its own', async () => {
    const answer = await api.chat({ model: 'simulated/alder', messages: ask(marker()) }, { headers: { 'x-client-request-id': 'mine-1' } });
    expect(answer.headers.get('x-request-id')).toBeTruthy();
    expect(answer.headers.get('x-client-request-id')).toBe('mine-1');
  });

  it('shows no stack and no key', async () => {
    const answer = await api.chat('{"model": 1}' as unknown as Record<string, unknown>);
    expect(answer.text).not.toMatch(/node_modules|\.ts:|\.js:|at /);
  });
});
