import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rowsOf } from '../support/database.js';
import { startRunTestStack, type RunTestStack } from '../support/run-stack.js';
import { planOf } from '../support/runs.js';
import { stackAddresses } from '../support/stack.js';

let stack: RunTestStack;
let proxy: Server;
let version: string | null = null;
let withUsage = true;
let answers = 0;

/** Stands before the Conclave that is the Gremium: may give it another version, hide its description, or leave usage out. */
function between(target: string): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void (async () => {
        const body = Buffer.concat(chunks);
        const found = await fetch(`${target}${request.url ?? ''}`, { method: request.method ?? 'GET', headers: { 'content-type': 'application/json' }, ...(body.length > 0 ? { body } : {}) });
        const json = (await found.json()) as Record<string, unknown>;
        if (request.url === '/metadata' && version !== null) json.gremium_version = version;
        if (request.method === 'POST') {
          answers++;
          if (!withUsage) delete json.usage;
        }
        response.writeHead(found.status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
      })();
    });
  });
}

beforeAll(async () => {
  proxy = between(stackAddresses().apiUrl);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', () => { resolve(); }));
  stack = await startRunTestStack();
  const url = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
  await stack.startWorker({ ENABLE_GREMIUM_PROVIDER: 'true', GREMIUM_API_BASE_URL: url, GREMIUM_API_KEY: 'spec' });
}, 90_000);
afterAll(async () => {
  await stack.stop();
  proxy.close();
});

const subset = { seed: 'gremium', percent: null, count: 3 };

describe('a run against another Conclave as its Gremium', () => {
  it.each([
    { provider: 'gremium-openai', model: 'gremium-consensus' },
    { provider: 'gremium-anthropic', model: 'gremium-consensus-anthropic' },
  ])('records its version and participants, and its usage as returned, by $provider', async ({ provider, model }) => {
    const id = await stack.runs.start({ plan: planOf('single', [`${provider}/${model}`]), provider, model, benchmarks: ['conclave-mini'], subset, config: { cost: { per_request_usd: 0.002 } }, simulated: false });
    const run = await stack.runs.ended(id);
    // This Conclave asks a real Gremium, which says of itself that its answers are simulated.
    expect(run.metadata).toMatchObject({ gremium_simulated: true });
    expect(await rowsOf(stack.databaseUrl, 'SELECT simulated FROM runs WHERE id = $1', [id])).toEqual([{ simulated: true }]);
    expect(run).toMatchObject({ status: 'succeeded', metadata: { gremium_base_url: expect.stringContaining('http://127.0.0.1'), gremium_version: expect.any(String), gremium_note: null } });
    expect(run.metadata['gremium_participants']).toContainEqual({ id: expect.any(String), thinking: expect.any(Boolean) });
    expect(run.metadata['gremium_changed']).toBeUndefined();
    const calls = await stack.runs.calls<{ input_tokens: number; cost: number; usage_approximated: boolean }>(id, 'input_tokens, cost_nano_usd::integer AS cost, usage_approximated');
    expect(calls).toHaveLength(3);
    for (const call of calls) expect(call).toMatchObject({ cost: 2_000_000, usage_approximated: false });
  });

  it('keeps a cap by what each request is said to cost', async () => {
    const id = await stack.runs.start({ plan: planOf('single', ['gremium-openai/gremium-consensus']), provider: 'gremium-openai', model: 'gremium-consensus', benchmarks: ['conclave-mini'], subset, concurrency: 2, caps: { nanoUsd: 5_000_000, tokens: null }, config: { cost: { per_request_usd: 0.002 } } });
    expect(await stack.runs.until(id, ['paused', 'succeeded', 'failed'])).toMatchObject({ status: 'paused', reason: { code: 'cost_cap' } });
    expect(await stack.runs.calls(id, 'sum(cost_nano_usd)::integer AS cost')).toEqual([{ cost: 4_000_000 }]);
    await stack.runs.raiseCost(id, 6_000_000);
    await stack.runs.signal(id, 'resume');
    expect(await stack.runs.ended(id)).toMatchObject({ status: 'succeeded' });
    expect(await stack.runs.calls(id, 'sum(cost_nano_usd)::integer AS cost')).toEqual([{ cost: 6_000_000 }]);
  });

  it('flags a version that changed meanwhile, and marks usage that is approximated', async () => {
    version = '1.0.0';
    withUsage = false;
    answers = 0;
    const id = await stack.runs.start({ plan: planOf('single', ['gremium-openai/gremium-consensus']), provider: 'gremium-openai', model: 'gremium-consensus', benchmarks: ['conclave-mini'], subset, concurrency: 1 });
    for (const end = Date.now() + 30_000; answers < 2 && Date.now() < end; ) await new Promise(setImmediate);
    version = '2.0.0';
    const run = await stack.runs.ended(id);
    expect(run.metadata).toMatchObject({ gremium_version: '1.0.0', gremium_changed: { gremium_version: '2.0.0' } });
    const calls = await stack.runs.calls<{ input_tokens: number; usage_approximated: boolean }>(id, 'input_tokens, usage_approximated');
    for (const call of calls) expect(call).toMatchObject({ usage_approximated: true, input_tokens: expect.any(Number) });
  });
});
