import { Validator } from '@cfworker/json-schema';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource } from '../../src/database/data-source.js';
import { KeysStore } from '../../src/keys/keys.store.js';
import { ConclaveClient, conclave } from '../support/conclave-client.js';
import { createTestDatabase, rowsOf, type TestDatabase } from '../support/database.js';
import { startTestTemporal } from '../support/engines.js';
import { marker } from '../support/marker.js';
import { startNodeProcess } from '../support/node-process.js';
import { RunClient, type RunView } from '../support/run-client.js';
import { startRunTestStack } from '../support/run-stack.js';
import { planOf } from '../support/runs.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { sseFrames } from '../support/sse.js';
import { productEnvironment, stackAddresses, startApi } from '../support/stack.js';
import { until } from '../support/until.js';

const api = conclave();
const runs = new RunClient(api);
const simulated = simulatedProvider();
/** A model that only this test asks. */
const ownModel = () => `simulated/runs-${marker()}`;
const baseOf = (model: string) => model.slice('simulated/'.length);
/** Requests of samples, not the one-token call before them. */
const samplesOf = (model: string) => ({ model: baseOf(model), contains: '512' });
const rows = <Row extends Record<string, unknown>>(sql: string, values: unknown[] = []) => rowsOf<Row>(stackAddresses().databaseUrl, sql, values);
const callsOf = (id: string) => rows<{ paid: number; samples: number; twice: number }>(
  `SELECT count(*) FILTER (WHERE outcome = 'succeeded')::integer AS paid, count(DISTINCT completion_id)::integer AS samples,
     (SELECT count(*)::integer FROM (SELECT 1 FROM calls WHERE group_id = $1 AND outcome = 'succeeded' GROUP BY completion_id, key HAVING count(*) > 1) AS repeated) AS twice FROM calls WHERE group_id = $1`, [id]);

describe('POST /api/runs', () => {
  it('takes every parameter and tells each again', async () => {
    const mark = marker();
    const asked = {
      model_id: 'openai/gpt-4o-mini', provider: 'openai', selected_benchmarks: ['conclave-mini'], subset_count: 5, subset_pct: 50, subset_seed: mark, epochs: 2, mode: 'realtime', concurrency: 3, cost_cap_usd: 2, token_cap: 500_000,
      judge: { provider: 'chutes', model: 'some/judge' }, config: { temperature: 0.5, max_tokens: 64, system_prompt: 'Be brief.' }, tags: ['a', mark], cli_provider_override: true, cli_model_override: false,
    };
    const { status, json } = await runs.create(asked);
    expect(status).toBe(201);
    expect(json).toMatchObject({
      object: 'run', provider: 'openai', model: 'gpt-4o-mini', strategy: 'single', panel: null, mode: 'realtime', selected_benchmarks: ['conclave-mini'], subset: { seed: mark, percent: null, count: 5, algorithm: 'sha256-rank-v1' }, epochs: 2,
      concurrency: 3, cost_cap_usd: 2, token_cap: 500_000, judge: asked.judge, config: asked.config, tags: ['a', mark], metadata: { cli_provider_override: true, cli_model_override: false }, simulated: true, code_version: expect.stringMatching(/^\d+\.\d+\.\d+\+(src\.)?[0-9a-f]{12}/),
    });
    const run = await runs.ended(json.id);
    expect(run).toMatchObject({ status: 'succeeded', reason: null, benchmarks: [{ name: 'conclave-mini', badge: 'official', status: 'succeeded', samples: 10, done: 10, errors: 0, coverage: 1, cost_known: true, dataset: { count: 60, files: [{ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }] }, prompt_hash: expect.stringMatching(/^[0-9a-f]{64}$/) }] });
    const [benchmark] = run.benchmarks;
    expect(benchmark!.correct + benchmark!.incorrect + benchmark!.unextracted).toBe(10);
    expect(benchmark!.cost_usd).toBeGreaterThan(0);
    expect((await api.get(`/api/runs/${json.id}/summary`)).json).toEqual(run.summary);
    const samples = await runs.samples(json.id);
    expect(samples.map(({ ordinal, epoch }) => [ordinal, epoch])).toEqual(Array.from({ length: 10 }, (_, index) => [index, index < 5 ? 0 : 1]));
    const detail = (await api.get(`/api/runs/${json.id}/samples/${samples[0]!.id}`)).json;
    expect(detail).toMatchObject({
      id: samples[0]!.id, status: 'done', messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user' }], parameters: { temperature: 0.5, maxOutputTokens: 64 }, expected: expect.any(String), answer: expect.any(String),
      verdict: expect.stringMatching(/correct|unextracted/), scorer_version: expect.any(String), latency_ms: expect.any(Number), question: expect.any(String), target: expect.any(String), call_records: [{ provider: 'openai', outcome: 'succeeded', text: expect.any(String) }],
    });
    const { components } = (await api.get('/docs/openapi.json')).json;
    expect(new Validator({ $ref: '#/components/schemas/RunSampleDetail', components }, '2020-12', false).validate(detail).errors).toEqual([]);
  });

  it.each([
    ['no target', { model_id: undefined }, 400, 'model_id'],
    ['two targets', { panel: 'three' }, 400, 'model_id'],
    ['no benchmark', { selected_benchmarks: [] }, 400, 'selected_benchmarks'],
    ['an unknown benchmark', { selected_benchmarks: ['conclave-mini', 'nonesuch'] }, 400, 'selected_benchmarks.1'],
    ['a benchmark named twice', { selected_benchmarks: ['conclave-mini', 'conclave-mini'] }, 400, 'selected_benchmarks.1'],
    ['an unknown provider', { provider: 'nonesuch' }, 400, 'provider'],
    ['a model of another provider', { provider: 'openai', model_id: 'claude-sonnet-4-5-20250929' }, 400, 'model_id'],
    ['a name that says another provider', { provider: 'anthropic', model_id: 'openai/gpt-4o-mini' }, 400, 'model_id'],
    ['a model that no Gremium has', { provider: 'gremium-openai', model_id: 'gpt-4o' }, 400, 'model_id'],
    ['the model of the other Gremium', { provider: 'gremium-anthropic', model_id: 'gremium-consensus' }, 400, 'model_id'],
    ['a panel at a provider', { model_id: undefined, panel: 'three', provider: 'openai' }, 400, 'provider'],
    ['an unknown panel', { model_id: undefined, panel: 'nonesuch' }, 404, 'panel'],
    ['no part of a benchmark', { subset_count: 0 }, 400, 'subset_count'],
    ['more than all of it', { subset_pct: 101 }, 400, 'subset_pct'],
    ['none of it', { subset_pct: 0 }, 400, 'subset_pct'],
    ['an empty seed', { subset_seed: '' }, 400, 'subset_seed'],
    ['no epoch', { epochs: 0 }, 400, 'epochs'],
    ['an unknown mode', { mode: 'fast' }, 400, 'mode'],
    ['too much at once', { concurrency: 501 }, 400, 'concurrency'],
    ['nothing to spend', { cost_cap_usd: 0 }, 400, 'cost_cap_usd'],
    ['half a token', { token_cap: 0.5 }, 400, 'token_cap'],
    ['half a judge', { judge: { provider: 'openai' } }, 400, 'judge.model'],
    ['a price', { input_usd_per_million: 1 }, 400, 'input_usd_per_million'],
    ['a price further down', { config: { output_price: 1 } }, 400, 'config.output_price'],
    ['an unknown option', { config: { top_q: 1 } }, 400, 'config.top_q'],
    ['too hot a model', { config: { temperature: 3 } }, 400, 'config.temperature'],
    ['a judge of nobody', { judge: { provider: 'nonesuch', model: 'judge' } }, 400, 'judge.provider'],
    ['a cap on a cost that is not to be known', { cost_cap_usd: 1, config: { cost: 'none' } }, 400, 'config.cost'],
    ['a cap on reviews that have no end', { model_id: undefined, panel: 'three', token_cap: 1_000 }, 400, 'token_cap'],
    ['a tag that no database takes', { tags: ['a\0b'] }, 400, 'tags.0'],
  ])('refuses %s, names the field, and writes nothing', async (_, change, status, param) => {
    const tag = marker();
    const answer = await runs.create({ model_id: 'simulated/alder', selected_benchmarks: ['conclave-mini'], tags: [tag], ...change });
    expect([answer.status, answer.json.param, answer.headers.get('content-type')]).toEqual([status, param, expect.stringContaining('application/problem+json')]);
    expect(answer.json.detail).toMatch(/./);
    expect((await api.get(`/api/runs?tag=${tag}`)).json.data).toEqual([]);
  });

  it('takes the default model of a provider that is named alone, and says what would have worked where nobody is', async () => {
    const { status, json } = await runs.create({ provider: 'openai', selected_benchmarks: ['conclave-mini'], subset_count: 1 });
    expect([status, json]).toEqual([201, expect.objectContaining({ provider: 'openai', model: 'gpt-4o-mini', metadata: expect.objectContaining({ cli_provider_override: false, cli_model_override: false }) })]);
    const nobody = await runs.create({ selected_benchmarks: ['conclave-mini'] });
    expect([nobody.status, nobody.json.param, nobody.json.detail]).toEqual([400, 'model_id', expect.stringMatching(/These would work: openai\/gpt-4o-mini/)]);
    expect((await runs.create({ provider: 'conclave', selected_benchmarks: ['conclave-mini'] })).json).toMatchObject({ status: 400, param: 'model_id' });
  });

  it('refuses a cap on a cost nobody knows', async () => {
    const answer = await runs.create({ model_id: 'openai/a-model-without-price', selected_benchmarks: ['conclave-mini'], cost_cap_usd: 1 });
    expect([answer.status, answer.json.param]).toEqual([400, 'cost_cap_usd']);
    expect(answer.json.detail).toContain('token_cap');
  });

  it('asks the models first, by a call of one token, and asks no sample where the key is refused', async () => {
    const model = ownModel();
    await simulated.rules({ effect: '401', model: baseOf(model) });
    const run = await runs.ended(await runs.start(model));
    expect(run).toMatchObject({ status: 'failed', reason: { code: 'auth', message: expect.stringContaining(model) } });
    expect(await simulated.requests(samplesOf(model))).toEqual([]);
  });

  it('gives the same run for the same key and body, however often and at once; another body is a 422', async () => {
    const body = { model_id: ownModel(), selected_benchmarks: ['conclave-mini'], subset_count: 2 };
    const headers = { 'idempotency-key': marker() };
    const answers = await Promise.all(Array.from({ length: 5 }, () => runs.create(body, headers)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(new Set(answers.map(({ json }) => (json as RunView).id)).size).toBe(1);
    const other = await runs.create({ ...body, epochs: 2 }, headers);
    expect([other.status, other.json.code]).toEqual([422, 'idempotency_mismatch']);
    await runs.ended(answers[0]!.json.id);
    expect(await callsOf(answers[0]!.json.id)).toEqual([{ paid: 2, samples: 2, twice: 0 }]);
  });

  it('is also /api/runs/api', async () => {
    const answer = await api.request('POST', '/api/runs/api', { panel: 'three', selected_benchmarks: ['conclave-mini'], subset_count: 2 });
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({ provider: 'conclave', model: 'panel/three', strategy: 'council', panel: { name: 'three' } });
    expect(await runs.ended(answer.json.id)).toMatchObject({ status: 'succeeded', summary: { done: 2 } });
  });
});

describe('reading runs', () => {
  const tag = marker();
  const model = ownModel();
  const ids: string[] = [];
  beforeAll(async () => {
    await simulated.rules({ effect: '400', ...samplesOf(model), count: 2 });
    ids.push(await runs.start(model, { tags: [tag], subset_count: 12, concurrency: 1 }));
    await runs.ended(ids[0]!);
    ids.push(await runs.start(model, { tags: [tag], subset_count: 3 }));
    ids.push(await runs.start('openai/gpt-4o-mini', { tags: [tag], subset_count: 3, mode: 'batch' }));
    await Promise.all(ids.map((id) => runs.ended(id)));
  });

  it('lists them newest first, filtered and page by page', async () => {
    const listed = async (query: string) => ((await api.get(`/api/runs?tag=${tag}${query}`)).json.data as RunView[]).map(({ id }) => id);
    expect(await listed('')).toEqual([...ids].reverse());
    expect(await listed('&status=succeeded')).toEqual([...ids].reverse());
    expect(await listed('&status=failed')).toEqual([]);
    expect(await listed(`&model=${baseOf(model).toUpperCase()}`)).toEqual([ids[1], ids[0]]);
    expect(await listed('&provider=openai')).toEqual([ids[2]]);
    expect(await listed('&benchmark=conclave-mini')).toHaveLength(3);
    expect(await listed('&benchmark=gsm8k')).toEqual([]);
    const page = (await api.get(`/api/runs?tag=${tag}&limit=2`)).json;
    expect(page.data.map(({ id }: RunView) => id)).toEqual([ids[2], ids[1]]);
    expect(await listed(`&limit=2&before=${page.next_cursor}`)).toEqual([ids[0]]);
    for (const query of ['status=over', 'limit=0', 'limit=101', 'before=batch_1', 'model=%00']) expect([query, (await api.get(`/api/runs?${query}`)).status]).toEqual([query, 400]);
  });

  it('pages and filters samples; errors are none of the wrong ones', async () => {
    const [id = ''] = ids;
    const all = await runs.samples(id);
    expect(await runs.samples(id, 'limit=5')).toEqual(all);
    expect(all.map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 12 }, (_, index) => index));
    expect(await runs.samples(id, 'status=error')).toEqual(all.slice(0, 2));
    expect(all[0]).toMatchObject({ status: 'error', verdict: null, score: null, failure: { code: 'bad_request' } });
    for (const verdict of ['correct', 'incorrect', 'unextracted']) expect(await runs.samples(id, `verdict=${verdict}&limit=4`)).toEqual(all.filter((sample) => sample.verdict === verdict));
    const ofBenchmark = (await api.get(`/api/runs/${id}/benchmarks/conclave-mini/samples?limit=12`)).json.data;
    expect(ofBenchmark).toEqual(all);
    const { benchmarks: [benchmark], summary } = await runs.read(id);
    expect(benchmark).toMatchObject({ samples: 12, done: 10, errors: 2, coverage: 10 / 12, error_rate: 2 / 12 });
    expect(summary.accuracy).toBeCloseTo(benchmark!.correct / 10);
    for (const query of ['limit=0', 'limit=501', 'verdict=right', 'status=over', 'after=1']) expect([query, (await api.get(`/api/runs/${id}/samples?${query}`)).status]).toEqual([query, 400]);
  });

  it('shows a sample of a batch with its calls', async () => {
    const [sample] = await runs.samples(ids[2]!);
    expect((await api.get(`/api/runs/${ids[2]!}/samples/${sample!.id}`)).json).toMatchObject({ calls: 1, call_records: [{ provider: 'openai', mode: 'batch', outcome: 'succeeded' }] });
    expect((await runs.read(ids[2]!)).benchmarks[0]!.batch_id).toMatch(/^batch_/);
  });

  it.each(['', '/summary', '/samples', '/samples/run_1.x.1', '/events', '/export', '/benchmarks/gsm8k/samples'])('knows no run_nobody%s', async (path) => {
    const answer = await api.get(`/api/runs/run_nobody${path}`);
    expect([answer.status, answer.json.code]).toEqual([404, 'run_not_found']);
  });

  it('puts runs side by side, with paired statistics on the samples both answered', async () => {
    const { status, json } = await api.get(`/api/runs/compare?ids=${ids.join(',')}`);
    expect(status).toBe(200);
    expect(json.runs.map(({ id }: RunView) => id)).toEqual(ids);
    expect(json.pairs).toHaveLength(3);
    const answered = (await runs.samples(ids[0]!)).slice(0, 3).filter((sample) => sample.status === 'done').length;
    expect(json.pairs[0]).toMatchObject({ first: ids[0], second: ids[1], differences: [{ benchmark: 'conclave-mini', items: answered, p_mcnemar: expect.any(Number), comparable: true }] });
    const equal = json.pairs[0].differences[0];
    expect([equal.mean_difference, equal.only_first_better, equal.only_second_better, equal.p_mcnemar]).toEqual([0, 0, 0, 1]);
    for (const query of [`ids=${ids[0]!}`, `ids=${ids[0]!},${ids[0]!}`, 'ids=x,y', '']) expect([query, (await api.get(`/api/runs/compare?${query}`)).status]).toEqual([query, 400]);
    expect((await api.get(`/api/runs/compare?ids=${ids[0]!},run_nobody`)).status).toBe(404);
  });

  it('lists the benchmarks there are, each with source, licence and how it differs', async () => {
    const { data } = (await api.get('/api/benchmarks')).json as { data: { name: string; badge: string; differences: unknown[]; dataset: { licence: string; files: unknown[] } }[] };
    expect(data.map(({ name }) => name)).toEqual(expect.arrayContaining(['conclave-mini', 'gsm8k', 'svamp', 'math', 'mmlu', 'mmlu_pro']));
    for (const one of data) expect([one.name, one.dataset.licence !== '', one.dataset.files.length > 0, one.badge === 'official' || one.differences.length > 0]).toEqual([one.name, true, true, true]);
  });
});

describe('events of a run', () => {
  it('are the whole run whenever it changes, and end as done; Last-Event-ID is a header, and who has the last event gets 204', async () => {
    const id = await runs.start(ownModel(), { subset_count: 8 });
    const response = await api.fetch('GET', `/api/runs/${id}/events`);
    const frames = [];
    for await (const frame of sseFrames(response.body!)) if (frame.data !== undefined) frames.push(frame);
    const last = frames.at(-1)!;
    expect(last.event).toBe('done');
    expect(JSON.parse(last.data!)).toMatchObject({ id, status: 'succeeded', summary: { done: 8 } });
    expect(new Set(frames.map((frame) => frame.id)).size).toBe(frames.length);
    expect((await api.get(`/api/runs/${id}/events`, { headers: { 'last-event-id': last.id! } })).status).toBe(204);
    expect((await api.get(`/api/runs/${id}/events`, { headers: { 'last-event-id': 'another' } })).text).toContain('event: done');
  });
});

describe('steering a run', () => {
  it('stays canceled when it is canceled in its last benchmark, makes no further call, and requeue takes up the rest without paying twice', async () => {
    const model = ownModel();
    await simulated.rules({ effect: '400', ...samplesOf(model), count: 1 }, { effect: 'hold', ...samplesOf(model), skip: 5 });
    const id = await runs.start(model, { subset_count: 20, concurrency: 4 });
    await simulated.wait({ held: 4 }, samplesOf(model));
    expect((await runs.act(id, 'requeue')).status).toBe(409);
    expect((await api.get(`/api/runs/${id}/export`)).json).toMatchObject({ status: 409, code: 'run_not_finished' });
    expect((await api.request('DELETE', `/api/runs/${id}`)).status).toBe(409);
    expect((await runs.act(id, 're-score')).status).toBe(409);
    expect((await runs.act(id, 'cancel')).status).toBe(200);
    const canceled = await runs.ended(id);
    expect(canceled).toMatchObject({ status: 'canceled' });
    const asked = (await simulated.requests(samplesOf(model))).length;
    await simulated.release(samplesOf(model));
    expect((await runs.act(id, 'cancel')).json).toMatchObject({ status: 'canceled' });
    for (const action of ['pause', 'resume', 'retry-errors'] as const) expect([action, (await runs.act(id, action)).status]).toEqual([action, 409]);
    for (const format of ['json', 'jsonl', 'csv', 'markdown', 'pdf', 'zip']) expect([format, (await api.get(`/api/runs/${id}/export?format=${format}`)).status]).toEqual([format, 200]);
    const done = (await runs.samples(id, 'status=done')).map((sample) => sample.id);
    expect([asked, done.length]).toEqual([9, 4]);
    expect((await runs.read(id)).status).toBe('canceled');

    expect((await runs.act(id, 'requeue')).json).toMatchObject({ id, status: expect.stringMatching(/queued|running/) });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded', summary: { samples: 20, done: 20, errors: 0 } });
    expect(await callsOf(id)).toEqual([{ paid: 20, samples: 20, twice: 0 }]);
  });

  it('takes errors of a failed run up again with requeue, and keeps what is done', async () => {
    const model = ownModel();
    await simulated.rules({ effect: '400', ...samplesOf(model), count: 3 });
    const id = await runs.start(model, { selected_benchmarks: ['conclave-mini', 'mmlu_pro_1000'], subset_count: 6, concurrency: 2 });
    const failed = await runs.ended(id);
    expect(failed).toMatchObject({ status: 'failed', reason: { message: expect.stringContaining('mmlu_pro_1000: needs setup') }, benchmarks: [{ status: 'succeeded', done: 3, errors: 3 }, { status: 'needs_setup' }] });
    const kept = await runs.samples(id, 'status=done');
    expect((await runs.act(id, 'requeue')).status).toBe(200);
    await until('the errors to be answered', async () => (await runs.read(id)).benchmarks[0]!.done === 6);
    expect((await runs.ended(id)).benchmarks.map(({ status }) => status)).toEqual(['succeeded', 'needs_setup']);
    const now = await runs.samples(id);
    for (const sample of kept) expect(now).toContainEqual(sample);
    expect(await callsOf(id)).toEqual([{ paid: 6, samples: 6, twice: 0 }]);
    expect((await api.get(`/api/runs/${id}/export?format=json`)).json.run.reason.code).toBe('needs_setup');
  });

  it('asks errors again with retry-errors, and pauses and resumes', async () => {
    const model = ownModel();
    await simulated.rules({ effect: '400', ...samplesOf(model), count: 2 });
    const id = await runs.start(model, { subset_count: 6, concurrency: 1 });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded', summary: { done: 4, errors: 2 } });
    expect((await runs.act(id, 'requeue')).status).toBe(409);
    await simulated.rules({ effect: 'hold', ...samplesOf(model) });
    expect((await runs.act(id, 'retry-errors')).status).toBe(200);
    await simulated.wait({ held: 1 }, samplesOf(model));
    expect((await runs.act(id, 'pause')).status).toBe(200);
    await runs.until(id, ['paused']);
    await simulated.release(samplesOf(model));
    expect((await runs.act(id, 'resume')).status).toBe(200);
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded', summary: { done: 6, errors: 0 } });
    expect(await callsOf(id)).toEqual([{ paid: 6, samples: 6, twice: 0 }]);
  });

  it('pauses at the cap with the reason, never spends more, and goes on with a higher one', async () => {
    const id = await runs.start('openai/gpt-4o-mini', { subset_count: 10, concurrency: 10, config: { max_tokens: 100 }, token_cap: 400 });
    const paused = await runs.until(id, ['paused']);
    expect(paused.reason).toMatchObject({ code: 'token_cap', message: expect.stringContaining('400') });
    const [{ tokens } = { tokens: 0 }] = await rows<{ tokens: number }>('SELECT coalesce(sum(input_tokens + output_tokens), 0)::integer AS tokens FROM calls WHERE group_id = $1', [id]);
    expect(tokens).toBeLessThanOrEqual(400);
    expect((await runs.act(id, 'resume', { token_cap: 300 })).json).toMatchObject({ status: 400, param: 'token_cap' });
    expect((await runs.act(id, 'resume', { cost_cap_usd: 1 })).json).toMatchObject({ status: 400, param: 'cost_cap_usd' });
    expect((await runs.act(id, 'resume', { token_cap: 1_000_000 })).status).toBe(200);
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded', token_cap: 1_000_000, summary: { done: 10 } });
  });

  it('keeps its cost when the price changes after it', async () => {
    const model = ownModel();
    const price = (usd: number) => api.request('PATCH', `/api/models/${model}`, { price: { rate: 'realtime', input_usd_per_million: usd, output_usd_per_million: usd } });
    expect((await price(1)).status).toBe(200);
    const id = await runs.start(model, { subset_count: 3 });
    const { summary, benchmarks } = await runs.ended(id);
    expect(benchmarks[0]!.cost_usd).toBeGreaterThan(0);
    expect((await price(100)).status).toBe(200);
    expect(await runs.read(id)).toMatchObject({ summary, benchmarks: [{ cost_usd: benchmarks[0]!.cost_usd }] });
    expect((await api.get(`/api/runs/${id}/export?format=json`)).json.run.price_snapshot[model]).toMatchObject({ inputNanoUsdPerMillion: 1e9 });
  });

  it('scores again without a call, and tells how many verdicts changed', async () => {
    const id = await runs.start(ownModel(), { subset_count: 5 });
    const { summary } = await runs.ended(id);
    expect((await runs.act(id, 're-score')).json).toEqual({ samples: 5, changed: 0 });
    await rows(`UPDATE run_samples SET verdict = 'unextracted', score = 0, extracted = NULL, scorer_version = 'older' WHERE run_id = $1 AND verdict <> 'unextracted'`, [id]);
    const { changed } = (await runs.act(id, 're-score')).json;
    expect(changed).toBeGreaterThan(0);
    expect((await runs.read(id)).summary).toEqual(summary);
    expect(await callsOf(id)).toEqual([{ paid: 5, samples: 5, twice: 0 }]);
  });

  it('taken up again by a later version has one scorer for all answers, and says which versions took part', async () => {
    const model = ownModel();
    await simulated.rules({ ...samplesOf(model), effect: '400', count: 2 });
    const id = await runs.start(model);
    const { summary } = await runs.ended(id);
    expect(summary).toMatchObject({ done: 4, errors: 2 });
    const verdicts = async () => new Map((await runs.samples(id)).filter(({ verdict }) => verdict !== null).map((sample) => [sample.id, sample.verdict]));
    const before = await verdicts();
    await rows(`UPDATE run_samples SET verdict = 'unextracted', score = 0, extracted = NULL, scorer_version = 'older' WHERE run_id = $1 AND status = 'done'`, [id]);
    await rows(`UPDATE run_benchmarks SET scorer_version = 'older' WHERE run_id = $1`, [id]);
    await rows(`UPDATE runs SET code_version = '0.0.1' WHERE id = $1`, [id]);
    expect((await runs.act(id, 'retry-errors')).status).toBe(200);
    const again = await until('the errors to be answered', async () => {
      const run = await runs.read(id);
      return run.status === 'succeeded' && run.summary.done === 6 ? run : null;
    });
    const versions = await rows<{ version: string }>('SELECT DISTINCT scorer_version AS version FROM run_samples WHERE run_id = $1', [id]);
    expect(versions).toEqual([{ version: expect.stringMatching(/^conclave-mini/) }]);
    expect([...(await verdicts())]).toEqual(expect.arrayContaining([...before]));
    const present = versions[0]!.version;
    expect(again).toMatchObject({ benchmarks: [{ scorer_version: present }], metadata: { later_code_versions: [expect.any(String)], scored_anew: { 'conclave-mini': { from: 'older', to: present, prompts: 'same' } } } });
    expect(await callsOf(id)).toEqual([{ paid: 6, samples: 6, twice: 0 }]);
    for (const format of ['json', 'jsonl', 'csv', 'markdown']) expect((await api.get(`/api/runs/${id}/export?format=${format}`)).text).toMatch(/scored_anew.*later_code_versions/s);
    expect((await api.get(`/api/runs/${id}/export?format=markdown`)).text).toContain(`every answer is scored by ${present}; the run was begun with older.`);
  });

  it('is gone with samples and calls when it is deleted', async () => {
    const id = await runs.start(ownModel(), { subset_count: 2 });
    await runs.ended(id);
    expect((await api.request('DELETE', `/api/runs/${id}`)).status).toBe(204);
    expect((await api.get(`/api/runs/${id}`)).status).toBe(404);
    expect((await api.request('DELETE', `/api/runs/${id}`)).status).toBe(404);
    expect(await rows('SELECT 1 FROM run_samples WHERE run_id = $1 UNION ALL SELECT 1 FROM calls WHERE group_id = $1', [id])).toEqual([]);
  });
});

describe('two workers', () => {
  it('make no duplicate and lose nothing', async () => {
    // Over engines of their own: a worker that ends takes along what it was doing for other specs.
    const stack = await startRunTestStack();
    try {
      await Promise.all([stack.startWorker(), stack.startWorker()]);
      const model = ownModel();
      const plain = planOf('single', [model]);
      const council = planOf('council', [model, 'simulated/birch', 'simulated/cedar'], ['simulated/chair']);
      const ids = await Promise.all([
        stack.runs.start({ plan: plain, benchmarks: ['conclave-mini'], concurrency: 20 }),
        stack.runs.start({ plan: plain, benchmarks: ['conclave-mini'], epochs: 2, concurrency: 30 }),
        stack.runs.start({ plan: council, benchmarks: ['conclave-mini'], subset: { seed: 'conclave', percent: null, count: 20 } }),
      ]);
      for (const [index, samples] of [60, 120, 20].entries()) {
        expect(await stack.runs.ended(ids[index]!)).toMatchObject({ status: 'succeeded' });
        expect(await stack.runs.samples(ids[index]!, 'status, count(*)::integer AS count, count(DISTINCT (item_id, epoch))::integer AS once', 'GROUP BY 1')).toEqual([{ status: 'done', count: samples, once: samples }]);
        expect(await stack.runs.calls(ids[index]!, 'count(DISTINCT completion_id)::integer AS samples')).toEqual([{ samples }]);
        expect(await stack.runs.calls(ids[index]!, 'completion_id, key', `AND outcome = 'succeeded' GROUP BY 1, 2 HAVING count(*) > 1`)).toEqual([]);
      }
    } finally {
      await stack.stop();
    }
  }, 120_000);
});

describe('a Conclave as the Gremium of another', () => {
  const stops: (() => unknown)[] = [];
  let database: TestDatabase;
  let gremium: Server;
  let version: string | null = null;
  /** With so many questions it becomes another one. */
  let questionsLeft = Infinity;
  const keys: string[] = [];
  let other: RunClient;
  let stranger: ConclaveClient;

  beforeAll(async () => {
    // In front of the shared api, to change what it says of itself.
    gremium = createServer((request, response) => {
      void (async () => {
        const pieces: Buffer[] = [];
        for await (const piece of request) pieces.push(piece as Buffer);
        const body = Buffer.concat(pieces);
        if (request.method === 'POST' && --questionsLeft === 0) version = 'another-one';
        const answer = await fetch(`${api.url}${request.url ?? ''}`, { method: request.method ?? 'GET', headers: { 'content-type': 'application/json' }, ...(body.length > 0 && { body }) });
        const text = await answer.text();
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
        response.end(version !== null && request.url === '/metadata' ? JSON.stringify({ ...(JSON.parse(text) as object), gremium_version: version }) : text);
      })();
    });
    await new Promise<void>((resolve) => gremium.listen(0, '127.0.0.1', resolve));
    stops.push(() => gremium.close());
    const home = mkdtempSync(join(tmpdir(), 'conclave-other-'));
    stops.push(() => rmSync(home, { recursive: true, force: true }));
    const temporal = await startTestTemporal();
    database = await createTestDatabase();
    stops.push(() => temporal.stop(), () => database.drop());
    const source = await createDataSource(database.url, 2).initialize();
    for (const name of ['one', 'two']) keys.push((await new KeysStore(source).create({ name, requestsPerMinute: null })).key);
    await source.destroy();
    const environment = { ...productEnvironment({ ...stackAddresses(), databaseUrl: database.url, temporalAddress: temporal.address }, home), ENABLE_GREMIUM_PROVIDER: 'true', GREMIUM_API_BASE_URL: `http://127.0.0.1:${String((gremium.address() as AddressInfo).port)}` };
    const [otherApi, worker] = await Promise.all([startApi(environment, 'other-api'), startNodeProcess('other-worker', ['dist/src/worker.js'], environment)]);
    stops.push(() => otherApi.stop(), () => worker.stop());
    other = new RunClient(new ConclaveClient(otherApi.url, { authorization: `Bearer ${keys[0]!}` }));
    stranger = new ConclaveClient(otherApi.url, { authorization: `Bearer ${keys[1]!}` });
  });
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  it.each([['gremium-openai', 'gremium-consensus'], ['gremium-anthropic', 'gremium-consensus-anthropic']])('is measured by %s, with who it was at start and end', async (provider, model) => {
    const participants = (await api.get('/metadata')).json.participants;
    const id = await other.start(model, { provider, subset_count: 3, config: { cost: { per_request_usd: 0.25 } } });
    const run = await other.ended(id);
    expect(run).toMatchObject({ status: 'succeeded', provider, model, strategy: 'single', summary: { done: 3, errors: 0 } });
    expect(run.metadata).toMatchObject({ gremium_base_url: expect.stringContaining('http://127.0.0.1:'), gremium_version: expect.any(String), gremium_participants: participants });
    expect(run.metadata['gremium_changed'] ?? null).toBeNull();
    expect(run.benchmarks[0]!.cost_usd).toBeCloseTo(0.75);
    const csv = await other.client.get(`/api/runs/${id}/export?format=csv`);
    expect(csv.text).toContain(String(run.metadata['gremium_version']));
  });

  it('flags a run whose Gremium became another one meanwhile', async () => {
    // The call of one token before the samples, and one of them.
    questionsLeft = 2;
    try {
      const id = await other.start('gremium-consensus', { provider: 'gremium-openai', subset_count: 4, concurrency: 1 });
      const run = await other.ended(id);
      expect(run.metadata).toMatchObject({ gremium_version: expect.not.stringMatching('another-one'), gremium_changed: { gremium_version: 'another-one' } });
    } finally {
      version = null;
      questionsLeft = Infinity;
    }
  });

  it('refuses strangers, and shows nobody the runs of another key', async () => {
    const id = await other.start('simulated/alder', { subset_count: 2 });
    await other.ended(id);
    const [sample] = await other.samples(id);
    const paths: [string, string][] = [
      ['GET', ''], ['GET', '/summary'], ['GET', '/samples'], ['GET', `/samples/${sample!.id}`], ['GET', '/benchmarks/conclave-mini/samples'], ['GET', '/events'], ['GET', '/export?format=json'], ['DELETE', ''],
      ...['cancel', 'pause', 'resume', 'requeue', 'retry-errors', 're-score'].map((action): [string, string] => ['POST', `/${action}`]),
    ];
    const nobody = new ConclaveClient(other.client.url);
    for (const [method, path] of paths) {
      expect([method, path, (await stranger.request(method, `/api/runs/${id}${path}`)).status]).toEqual([method, path, 404]);
      expect([method, path, (await nobody.request(method, `/api/runs/${id}${path}`)).status]).toEqual([method, path, 401]);
    }
    expect((await stranger.get(`/api/runs/compare?ids=${id},${id}x`)).status).toBe(404);
    expect((await stranger.get('/api/runs')).json.data).toEqual([]);
    for (const path of ['/api/runs', '/api/runs/api']) expect((await nobody.request('POST', path, { model_id: 'gremium-consensus', provider: 'gremium-openai', selected_benchmarks: ['conclave-mini'] })).status).toBe(401);
    expect((await other.read(id)).status).toBe('succeeded');
  });
});
