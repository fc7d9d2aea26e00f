import { describe, expect, it } from '@jest/globals';
import { conclave } from '../support/conclave-client.js';
import { stackAddresses } from '../support/stack.js';

const api = conclave();

describe('the service about itself', () => {
  it('health, live and ready', async () => {
    const health = await api.get('/health');
    expect(health.json).toMatchObject({ status: expect.any(String), version: expect.any(String), participants: expect.any(Array) });
    expect((await api.get('/health/live')).status).toBe(200);
    expect((await api.get('/health/ready')).status).toBe(200);
    expect((await api.get('/metadata')).status).toBe(200);
  });

  it('keeps an idle connection longer than clients do, so that no request crosses its closing', async () => {
    for (const url of [api.url, stackAddresses().simulatedUrl]) {
      const { headers } = await fetch(`${url}/v1/models`);
      expect([url, Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1])]).toEqual([url, 620]);
    }
  });

  it('lists models in the OpenAI shape', async () => {
    const { json } = await api.get('/v1/models');
    expect(json.object).toBe('list');
    for (const model of json.data) expect(model).toMatchObject({ id: expect.any(String), object: 'model', created: expect.any(Number), owned_by: expect.any(String) });
    const ids = json.data.map((model: { id: string }) => model.id);
    for (const id of ['trio', 'gremium-consensus', 'panel/three']) expect(ids).toContain(id);
  });

  it('lists models in the Anthropic shape where anthropic-version is sent', async () => {
    const { json } = await api.get('/v1/models', { headers: { 'anthropic-version': '2026-10-21' } });
    expect(json).toMatchObject({ has_more: expect.any(Boolean), first_id: expect.any(String), last_id: expect.any(String) });
    expect(json.data[0]).toMatchObject({ type: 'model', id: expect.any(String), display_name: expect.any(String), created_at: expect.any(String) });
  });

  it.each(['/v1/models/panel/three', '/v1/models/panel%2Fthree'])('finds one model with a slash in its name at %s', async (path) => {
    const { status, json } = await api.get(path);
    expect([status, json.id]).toEqual([200, 'panel/three']);
  });

  it('an unknown model is a 404', async () => {
    const { status, json } = await api.get('/v1/models/nobody/knows-this');
    expect([status, json.error.code]).toEqual([404, 'model_not_found']);
  });

  it('shows a panel with its number of calls and a price estimate before the first call', async () => {
    const { status, json, text } = await api.get('/api/panels/three');
    expect(status).toBe(200);
    expect(json).toMatchObject({ name: 'three', strategy: 'council' });
    expect(text).toMatch(/"calls":7/);
  });

  it('documents itself', async () => {
    const { json } = await api.get('/docs/openapi.json');
    expect(json.openapi).toBe('3.1.0');
    expect(Object.keys(json.paths)).toEqual(expect.arrayContaining(['/v1/chat/completions', '/v1/messages', '/v1/models', '/health']));
    // Every reference leads somewhere, and errors under /api are told as they are sent.
    for (const [, name] of JSON.stringify(json).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) expect(json.components.schemas).toHaveProperty([name ?? '']);
    expect(json.components.schemas.Problem).toMatchObject({ type: 'object', required: expect.arrayContaining(['status', 'detail']) });
    expect(Object.keys(json.paths['/api/completions'].get.responses['500'].content)).toEqual(['application/problem+json']);
    expect((await api.get('/docs')).status).toBe(200);
  });
});
