import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { RunClient } from '../support/run-client.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { productEnvironment, stackAddresses } from '../support/stack.js';
import { until } from '../support/until.js';

const api = conclave();
const folder = mkdtempSync(join(tmpdir(), 'conclave-registry-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const question = { messages: [{ role: 'user', content: 'What is 2 + 2?' }] };
const change = (model: string, body: Record<string, unknown>) => api.request('PATCH', `/api/models/${model}`, body);

async function command(...args: string[]): Promise<{ code: number; out: string }> {
  const environment = { ...productEnvironment(stackAddresses(), folder), CONCLAVE_URL: stackAddresses().apiUrl, PATH: process.env['PATH'] ?? '' };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['dist/src/cli/main.js', 'models', ...args], { env: environment });
    return { code: 0, out: stdout + stderr };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, out: failed.stdout + failed.stderr };
  }
}

interface Call {
  id: string;
  cost_usd: number;
  price: { input_usd_per_million: number; reasoning_usd_per_million: number | null; source: string };
}

async function callOf(completion: string): Promise<Call> {
  return until('the call', async () => (await api.get(`/api/calls?completion_id=${completion}`)).json.data[0] as Call | undefined);
}

async function ask(model: string): Promise<Call> {
  const { status, json, text } = await api.chat({ model, ...question });
  expect([status, status === 200 ? '' : text]).toEqual([200, '']);
  return callOf(json.conclave.completion_id);
}

describe('a price', () => {
  const model = 'openai/gpt-4.1-nano';
  afterEach(() => change(model, { price: null }));

  it('that changes leaves the cost of old calls as it was, and is what new calls are charged', async () => {
    const before = await ask(model);
    expect(before.price).toMatchObject({ input_usd_per_million: 0.1, source: 'octobatch@3a34388' });
    const changed = await change(model, { price: { rate: 'realtime', input_usd_per_million: 7, output_usd_per_million: 9, reasoning_usd_per_million: 11, source: 'contract', verified: true } });
    expect(changed.json).toMatchObject({ price: { input_usd_per_million: 7 }, batch_price: { input_usd_per_million: 3.5 }, price_verified: true, overridden: ['price'] });
    const after = await until('a call at the new price', async () => {
      const call = await ask(model);
      return call.price.source === 'contract' ? call : null;
    });
    expect([before.price.reasoning_usd_per_million, after.price.input_usd_per_million, after.price.reasoning_usd_per_million]).toEqual([null, 7, 11]);
    expect(after.cost_usd).toBeGreaterThan(before.cost_usd * 5);
    const { json } = await api.get(`/api/calls?provider=openai&model=gpt-4.1-nano&limit=200`);
    expect(json.data.find(({ id }: Call) => id === before.id)).toMatchObject({ cost_usd: before.cost_usd, price: before.price });
  });

  it.each(['realtime', 'batch'])('that changes leaves a whole benchmark run as it was, whoever reads it (%s)', async (mode) => {
    const runs = new RunClient(api);
    const parts = ['', '/summary', '/samples', '/export?format=json', '/export?format=jsonl', '/export?format=csv', '/export?format=markdown'];
    const everythingOf = (id: string) => Promise.all(parts.map(async (part) => [part, (await api.get(`/api/runs/${id}${part}`)).text]));
    const costOf = async (id: string): Promise<number> => (await runs.read(id)).benchmarks.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0);
    const run = async (): Promise<string> => {
      const id = await runs.start(model, { mode, subset_count: 4 });
      expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
      return id;
    };
    const id = await run();
    const [told, cost] = [await everythingOf(id), await costOf(id)];
    expect(cost).toBeGreaterThan(0);
    await change(model, { price: { rate: 'batch', input_usd_per_million: 50, output_usd_per_million: 90, source: 'spec' } });
    await until('a run at the new price', async () => (await costOf(await run())) > cost * 50, 40_000);
    expect(await everythingOf(id)).toEqual(told);
  });

  it('of an alias is that of its model at any time, also where that was overridden', async () => {
    const [alias, target] = ['gemini/gemini-2.0-flash', 'gemini/gemini-2.0-flash-001'];
    try {
      const { json } = await change(target, { price: { rate: 'batch', input_usd_per_million: 3, output_usd_per_million: 4 } });
      const at = encodeURIComponent(json.prices[0].valid_from);
      for (const query of ['', `&at=${at}`]) expect((await api.get(`/api/prices?provider=gemini&model=gemini-2.0-flash${query}`)).json.data).toMatchObject([{ model: 'gemini-2.0-flash', origin: 'override', batch: { input_usd_per_million: 3 } }]);
    } finally {
      await change(target, { price: null });
    }
    expect((await api.get(`/api/models/${alias}`)).json.batch_price).toMatchObject({ input_usd_per_million: 0.075 });
  });

  it('has a history, and a state at each time', async () => {
    await change(model, { price: { rate: 'batch', input_usd_per_million: 1, output_usd_per_million: 2 } });
    await change(model, { price: null });
    const { json } = await api.get('/api/prices?history=true&provider=openai&model=gpt-4.1-nano');
    expect(json.data[0]).toMatchObject({ origin: 'override', batch: { input_usd_per_million: 1 }, realtime: { input_usd_per_million: 2 }, valid_until: expect.any(String) });
    expect(json.data.at(-1)).toMatchObject({ origin: 'seed', batch: { input_usd_per_million: 0.05 }, valid_until: null });
    const at = (time: string) => api.get(`/api/prices?provider=openai&model=gpt-4.1-nano&at=${encodeURIComponent(time)}`);
    expect((await at(json.data[0].valid_from)).json.data).toMatchObject([{ origin: 'override' }]);
    expect((await at(json.data[0].valid_until)).json.data).toMatchObject([{ origin: 'seed' }]);
    expect((await at('2001-01-01T00:00:00Z')).json.data).toEqual([]);
  });

  it.each([
    ['/v1/chat/completions', { model: 'trio', ...question, input_cost_per_token: 0 }, 'input_cost_per_token'],
    ['/v1/chat/completions', { model: 'trio', ...question, optional_params: { pricing: { input: 0 } } }, 'optional_params.pricing'],
    ['/v1/chat/completions', { model: 'gremium-consensus', ...question, conclave: { members: [{ model: 'openai/gpt-4o', output_per_million: 0 }] } }, 'conclave.members.0.output_per_million'],
    ['/v1/messages', { model: 'trio', max_tokens: 5, ...question, price: 0 }, 'price'],
  ])('in a request to %s is refused by name', async (path, body, param) => {
    const { status, text } = await api.request('POST', path, body);
    expect([status, text]).toEqual([400, expect.stringContaining(`'${param}'`)]);
    expect(text).toContain('prices come from the registry');
  });
});

describe('a disabled model', () => {
  const model = 'openai/gpt-4.1-mini';
  afterEach(() => change(model, { enabled: null }));

  it('is refused with what enables it, and offered nowhere', async () => {
    expect((await change(model, { enabled: false })).json).toMatchObject({ enabled: false, overridden: ['enabled'] });
    const refused = await api.chat({ model, ...question });
    expect([refused.status, refused.json.error]).toEqual([404, expect.objectContaining({ code: 'model_not_found', message: expect.stringContaining(`conclave models enable ${model}`) })]);
    expect((await api.chat({ model: 'gpt-4.1-mini', ...question })).json.error.message).toContain('disabled');
    expect((await api.get('/v1/models')).text).not.toContain(`"${model}"`);
    expect((await api.get('/api/models?enabled=false')).json.data.map(({ model: id }: { model: string }) => id)).toContain('gpt-4.1-mini');
    expect((await api.get('/api/models?search=4.1-mini')).json.data).toEqual([]);
    await change(model, { enabled: null });
    expect((await api.chat({ model, ...question })).status).toBe(200);
  });

  it('is disabled and enabled from the command line, for a time if asked', async () => {
    expect(await command('disable', model)).toEqual({ code: 0, out: expect.stringContaining(`${model} is disabled.`) });
    expect((await command('list', '--disabled')).out).toContain(model);
    expect((await command('enable', model)).code).toBe(0);
    expect(JSON.parse((await command('show', model, '--json')).out)).toMatchObject({ enabled: true, model: 'gpt-4.1-mini', prices: expect.any(Array) });
    const past = await command('disable', model, '--until', '2001-01-01T00:00:00Z');
    expect(past).toEqual({ code: 1, out: expect.stringContaining("'valid_until' is '2001-01-01T00:00:00Z'") });
    expect((await command('disable', 'openai/gpt-4.1-mni')).out).toMatch(/not in the registry.*gpt-4\.1-mini/);
  });
});

describe('the registry', () => {
  it('is filtered and paged', async () => {
    const all = (await api.get('/api/models')).json;
    expect(all.next_cursor).toBeNull();
    const first = (await api.get('/api/models?limit=10')).json;
    const second = (await api.get(`/api/models?limit=10&cursor=${encodeURIComponent(first.next_cursor)}`)).json;
    expect([...first.data, ...second.data]).toEqual(all.data.slice(0, 20));
    const reasoning = (await api.get('/api/models?provider=google&capability=reasoning&batch=true')).json.data;
    expect(reasoning.length).toBeGreaterThan(3);
    expect(reasoning.every((model: { provider: string; capabilities: { reasoning: boolean } }) => model.provider === 'gemini' && model.capabilities.reasoning)).toBe(true);
    expect((await api.get('/api/models?provider=nobody')).status).toBe(404);
    expect((await api.get('/api/models?limit=0')).status).toBe(400);
  });

  it('gives an unknown model no price, and never that of another', async () => {
    const call = await ask('openai/gpt-nobody-knows');
    expect(call).toMatchObject({ cost_usd: null, price: null });
  });

  it('has models with slashes in their ids, once they have a price', async () => {
    const changed = await change('openrouter/meta-llama/llama-next', { price: { rate: 'realtime', input_usd_per_million: 1, output_usd_per_million: 2 } });
    expect([changed.status, changed.json.model]).toEqual([200, 'meta-llama/llama-next']);
    expect((await api.get('/api/models/openrouter/meta-llama%2Fllama-next')).json.batch_price).toMatchObject({ input_usd_per_million: 0.5 });
  });

  it('tells which field of a change is wrong', async () => {
    for (const [body, name] of [[{}, 'enabled'], [{ enabled: 'no' }, 'enabled'], [{ enabeld: true }, 'enabeld'], [{ price: { input_usd_per_million: 1 } }, 'price.']] as const)
      expect(await change('openai/gpt-4o', body)).toMatchObject({ status: 400, text: expect.stringContaining(name) });
  });

  it('knows whether providers answer', async () => {
    const { status, json } = await api.get('/api/providers/health');
    expect(status).toBe(200);
    for (const provider of ['openai', 'anthropic', 'gemini', 'groq']) expect(json.data).toContainEqual(expect.objectContaining({ provider, status: 'ok', models: expect.any(Number), http_status: null }));
  });
});

describe('conclave models update', () => {
  it("merges the providers' lists, and has nothing to do the second time", async () => {
    const file = join(folder, 'models.yaml');
    copyFileSync('models.yaml', file);
    const original = readFileSync(file, 'utf8');
    const dry = await command('update', '--file', file, '--dry-run', '--verbose');
    expect([dry.code, readFileSync(file, 'utf8')]).toEqual([0, original]);
    expect(dry.out).toMatch(/\+ openai\/o3: new, .*\n/);
    expect(dry.out).toContain('would change; nothing was written');
    expect((await command('update', '--file', file)).code).toBe(0);
    const updated = readFileSync(file, 'utf8');
    expect(updated.split('\n').length).toBeGreaterThan(original.split('\n').length);
    for (const line of original.split('\n').filter((text) => text.includes('#'))) expect(updated).toContain(line);
    expect(await command('update', '--file', file)).toEqual({ code: 0, out: expect.stringContaining('is up to date') });
    expect(readFileSync(file, 'utf8')).toBe(updated);
  });

  it('reads prices out of pages by a model, holds those that moved too far, and has nothing to do the second time', async () => {
    const [file, page, review] = [join(folder, 'priced.yaml'), join(folder, 'openai-prices.txt'), join(folder, 'review.yaml')];
    const mark = marker();
    copyFileSync('models.yaml', file);
    writeFileSync(page, `(${mark}) gpt-4o: $2.00 in, $8.00 out, $1.00 cached. gpt-4: $300.00 in, $600.00 out.`);
    const prices = [['gpt-4o', 2, 8, 1], ['gpt-4', 300, 600, null]].map(([model, input, output, cached]) => ({ model, input_usd_per_million: input, output_usd_per_million: output, cached_input_usd_per_million: cached }));
    await simulatedProvider().rules({ contains: mark, effect: 'answer', text: `Here they are:\n\`\`\`json\n${JSON.stringify({ prices })}\n\`\`\`` });
    const update = (...more: string[]) => command('update', '--provider', 'openai', '--file', file, '--review', review, '--llm', '--pages', page, '--reader', 'openai/gpt-4o-mini', ...more);
    expect((await update('--dry-run')).out).toContain('openai/gpt-4o: 1.25 / 5 → 1 / 4');
    expect(readFileSync(file, 'utf8')).toBe(readFileSync('models.yaml', 'utf8'));
    const first = await update();
    expect(first).toEqual({ code: 0, out: expect.stringMatching(/openai\/gpt-4: the price of openai-prices\.txt is held for review, as input moved by more than 2×/) });
    expect(readFileSync(review, 'utf8')).toContain('gpt-4');
    const updated = readFileSync(file, 'utf8');
    expect(updated).toMatch(/source: openai-prices\.txt, read by gpt-4o-mini/);
    const [, entry = ''] = updated.split('      gpt-4o:\n');
    expect(entry.slice(0, 300)).toMatch(/input_per_million: 1\n\s+output_per_million: 4\n\s+cached_input_per_million: 0\.5\n\s+price_source: openai-/);
    expect((await update()).out).toContain('is up to date');
    expect(readFileSync(file, 'utf8')).toBe(updated);
  });

  it('leaves the own models.yaml alone while answers are simulated', async () => {
    expect(await command('update')).toEqual({ code: 1, out: expect.stringContaining('Answers are simulated') });
  });
});
