import { describe, expect, it } from '@jest/globals';
import { priceKeyIn } from './price-key.js';

describe('priceKeyIn', () => {
  it.each<[unknown, string]>([
    [{ model: 'trio', price: 1 }, 'price'],
    [{ optional_params: { input_cost_per_token: 0 } }, 'optional_params.input_cost_per_token'],
    [{ conclave: { members: ['a', { model: 'b', output_per_million: 3 }] } }, 'conclave.members.1.output_per_million'],
    [{ items: [{ custom_id: 'a', body: { realtime_multiplier: 1 } }] }, 'items.0.body.realtime_multiplier'],
    [{ parameters: { pricing: {} } }, 'parameters.pricing'],
    [{ Batch_Price_USD: 1 }, 'Batch_Price_USD'],
  ])('finds it in %j', (body, path) => {
    expect(priceKeyIn(body)?.join('.')).toBe(path);
  });

  it.each([
    { messages: [{ role: 'user', content: 'price', price: 1 }] },
    { tools: [{ function: { parameters: { properties: { price: { type: 'number' } } } } }], response_format: { json_schema: { schema: { properties: { price: {} } } } } },
    { cost_cap_usd: 3, max_tokens: 5, requests_per_minute: 4, metadata: { price: 'x' }, prized: 1 },
    'price', null, 7,
  ])('leaves content and caps alone: %j', (body) => {
    expect(priceKeyIn(body)).toBeNull();
  });
});
