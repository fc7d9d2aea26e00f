import { afterAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { batchLines, resultsOf, untilOver, uploadBatchFile } from '../support/batches.js';
import { ask, conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { sseFrames } from '../support/sse.js';
import { stackAddresses } from '../support/stack.js';
import { until } from '../support/until.js';

const api = conclave();
const pool = new pg.Pool({ connectionString: stackAddresses().databaseUrl, max: 2 });
afterAll(() => pool.end());

const create = (body: Record<string, unknown>, headers: Record<string, string> = {}) => api.request('POST', '/api/batches', body, { headers });
const items = (count: number, mark = marker()) => Array.from({ length: count }, (_, index) => ({ custom_id: `${mark}-${index}`, messages: ask(mark) }));
/** What there is of inputs that carry this mark, and of budgets with this cap: other specs write theirs meanwhile. */
const written = async (mark: string, capUsd = 0) =>
  (await pool.query(
    `WITH input AS (SELECT DISTINCT file_id FROM file_chunks WHERE position(convert_to($1, 'UTF8') IN bytes) > 0)
     SELECT (SELECT count(*) FROM input)::integer AS files, (SELECT count(*) FROM batches WHERE input_file_id IN (SELECT file_id FROM input))::integer AS batches, (SELECT count(*) FROM budgets WHERE cost_cap_nano_usd = $2)::integer AS budgets`,
    [mark, Math.round(capUsd * 1e9)],
  )).rows[0];
const model = 'openai/gpt-4o-mini';

describe('POST /api/batches', () => {
  it('carries out inline items and tells results in the order of the input', async () => {
    const mark = marker();
    const { status, json } = await create({ model, items: [{ prompt: `(${mark}) What is the capital of France?` }, ...items(2, mark)], tags: ['t1', mark], metadata: { who: 'spec' } });
    expect(status).toBe(201);
    expect(json).toMatchObject({ object: 'batch', mode: 'batch', model, tags: ['t1', mark], metadata: { who: 'spec', cli_provider_override: false, cli_model_override: false }, simulated: true, input_faults: null });
    const over = await untilOver(api, json.id);
    expect(over).toMatchObject({ status: 'completed', counts: { total: 3, pending: 0, succeeded: 3, failed: 0, canceled: 0 } });
    expect(over.jobs[0]).toMatchObject({ provider: 'openai', model: 'gpt-4o-mini', mode: 'batch', status: 'collected', lines: 3, succeeded: 3, failed: 0 });
    expect(over.usage.total.cost_usd).toBeGreaterThan(0);
    const results = await resultsOf(api, json.id);
    expect(results.map((result) => result.custom_id)).toEqual(['item-1', `${mark}-0`, `${mark}-1`]);
    expect(results[0]).toMatchObject({ status: 'succeeded', model, text: expect.stringMatching(/./), decision: null, failure: null, finish_reason: 'stop', attempts: 1, cost_known: true });
    const page = (await api.get(`/api/batches?tag=${mark}`)).json;
    expect(page).toMatchObject({ next_cursor: null, data: [{ id: json.id, counts: { succeeded: 3 } }] });
    expect(page.data[0].jobs).toBeUndefined();
  });

  it('runs a council over all items and takes a JSON schema', async () => {
    const mark = marker();
    const { json } = await create({ model: 'panel/three', items: items(2, mark) });
    expect(await untilOver(api, json.id)).toMatchObject({ status: 'completed', counts: { succeeded: 2 } });
    for (const result of await resultsOf(api, json.id)) {
      expect(result).toMatchObject({ text: expect.stringContaining('Paris'), decision: { strategy: 'council', source: 'synthesis', degraded: false, missing: [] } });
      expect(result.decision.candidates).toHaveLength(3);
    }
  });

  it('streams events until it is done, and has nothing more for who has the last one', async () => {
    const { json } = await create({ model, items: items(1) });
    const response = await api.fetch('GET', `/api/batches/${json.id}/events`);
    const frames = [];
    for await (const frame of sseFrames(response.body!)) if (frame.data !== undefined) frames.push(frame);
    const last = frames.at(-1)!;
    expect(last.event).toBe('done');
    expect(JSON.parse(last.data!)).toMatchObject({ id: json.id, status: 'completed' });
    expect(new Set(frames.map((frame) => frame.id)).size).toBe(frames.length);
    expect((await api.get(`/api/batches/${json.id}/events`, { headers: { 'last-event-id': last.id! } })).status).toBe(204);
    const again = await api.get(`/api/batches/${json.id}/events`, { headers: { 'last-event-id': frames[0]!.id === last.id ? 'x' : frames[0]!.id! } });
    expect(again.text).toContain('event: done');
  });

  it('takes a file and options in one form, in both kinds of line', async () => {
    const mark = marker();
    const form = new FormData();
    form.append('file', new Blob([`${JSON.stringify({ prompt: `(${mark}) What is the capital of France?` })}\n${batchLines([{ custom_id: 'b', body: { model: 'simulated/alder', messages: ask(mark) } }])}`]), 'x.jsonl');
    form.append('options', JSON.stringify({ model, mode: 'realtime' }));
    const response = await fetch(`${api.url}/api/batches`, { method: 'POST', body: form });
    const json = (await response.json()) as { id: string };
    expect({ status: response.status, json }).toMatchObject({ status: 201, json: { mode: 'realtime' } });
    expect(await untilOver(api, json.id)).toMatchObject({ status: 'completed', counts: { succeeded: 2 } });
    expect((await resultsOf(api, json.id)).map((result) => [result.custom_id, result.model])).toEqual([['item-1', model], ['b', 'simulated/alder']]);
  });

  it('tells every faulty line with its field and way out, and writes nothing', async () => {
    const mark = marker();
    const capUsd = 1 + Number(`0x${mark.slice(-6)}`) / 1e9;
    const messages = ask(mark);
    const { status, json } = await create({
      model,
      items: [
        { custom_id: 'a', messages },
        { custom_id: 'a', messages },
        { custom_id: 'x'.repeat(300), messages },
        { custom_id: 'c', messages, stream: true },
        { custom_id: 'd', messages, n: 2 },
        { custom_id: 'e' },
        { custom_id: 'f', messages, model: 'nobody/knows' },
        { custom_id: 'g', prompt: mark, messages },
        { custom_id: 'h', messages, conclave: { deadline_ms: 1000 } },
      ],
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: 'duplicate_custom_id', conclave: { fault_count: 8 } });
    expect(json.detail).toContain('Nothing was started');
    expect(json.conclave.faults.map((fault: { line: number; param: string }) => [fault.line, fault.param])).toEqual([
      [2, 'custom_id'], [3, 'custom_id'], [4, 'body.stream'], [5, 'body.n'], [6, 'body.messages'], [7, 'body.model'], [8, 'prompt'], [9, 'body.conclave.deadline_ms'],
    ]);
    expect(await create({ model, items: [{ prompt: mark, input_price: 1 }] })).toMatchObject({ status: 400, json: { param: 'items.0.input_price' } });
    expect(await create({ model, items: [{ prompt: mark }], surprise: 1 })).toMatchObject({ status: 400, json: { param: 'surprise' } });
    expect(await create({ model })).toMatchObject({ status: 400, json: { param: 'items' } });
    expect(await create({ model: 'nobody/knows', items: [{ prompt: mark }] })).toMatchObject({ status: 400, json: { param: expect.stringContaining('model') } });
    expect(await create({ model, cost_cap_usd: capUsd, items: [{ prompt: mark }] })).toMatchObject({ status: 400, json: { param: expect.stringContaining('max_tokens') } });
    expect(await create({ model, input_file_id: 'file-none' })).toMatchObject({ status: 404, json: { param: 'input_file_id' } });
    expect(await written(mark, capUsd)).toEqual({ files: 0, batches: 0, budgets: 0 });
  });

  it('asks for confirmation above the limit with an estimate, which the estimate endpoint gives too', async () => {
    const mark = marker();
    const body = { model, items: items(51, mark), parameters: { max_tokens: 100 } };
    const { status, json } = await create(body);
    expect({ status, json }).toMatchObject({ status: 409, json: { code: 'confirmation_required', conclave: { estimate: { items: 51, calls: 51, output_tokens: 5100, cost_known: true, confirmation_needed: true } } } });
    expect((await api.request('POST', '/api/batches/estimate', body)).json).toEqual(json.conclave.estimate);
    expect(await written(mark)).toMatchObject({ files: 0, batches: 0 });
    const started = await create({ ...body, confirm: true });
    expect(started.status).toBe(201);
    expect(await written(mark)).toMatchObject({ files: 1, batches: 1 });
    await api.request('POST', `/api/batches/${started.json.id}/cancel`);
  });

  it('the same Idempotency-Key gives the same batch; another body is a 422 and leaves nothing', async () => {
    const mark = marker();
    const headers = { 'idempotency-key': mark };
    const body = { model, items: items(1, mark) };
    const answers = await Promise.all(Array.from({ length: 5 }, () => create(body, headers)));
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.json.id}`)).size).toBe(1);
    expect(await create({ ...body, tags: ['other'] }, headers)).toMatchObject({ status: 422, json: { code: 'idempotency_mismatch' } });
    expect(await written(mark)).toMatchObject({ files: 1, batches: 1 });
  });

  it('reserves a cap, and ends a canceled batch for good', async () => {
    const { json } = await create({ model, cost_cap_usd: 1, parameters: { max_tokens: 50 }, items: items(2) });
    expect(json.cost_cap_usd).toBe(1);
    expect((await api.request('POST', `/api/batches/${json.id}/cancel`)).status).toBe(202);
    const over = await untilOver(api, json.id);
    expect(over).toMatchObject({ status: 'canceled', counts: { pending: 0 } });
    for (const deed of ['pause', 'resume', 'retry']) expect((await api.request('POST', `/api/batches/${json.id}/${deed}`)).status).toBe(409);
    expect((await api.request('POST', `/api/batches/${json.id}/cancel`)).json.status).toBe('canceled');
  });

  it('says that a batch is whole, makes again what was lost, and judges stored answers by a schema', async () => {
    const { json } = await create({ model, items: items(3) });
    await untilOver(api, json.id);
    expect((await api.get(`/api/batches/${json.id}/verify`)).json).toMatchObject({ whole: true, totals: { expected: 3, valid: 3, failed: 0, missing: 0, duplicated: 0, orphaned: 0 }, items: { expected: 3, succeeded: 3 } });
    expect((await api.request('POST', `/api/batches/${json.id}/repair`)).json).toMatchObject({ calls: 0, items: 0, started: false });
    await pool.query('DELETE FROM calls WHERE completion_id = $1', [`${json.id}.1`]);
    expect((await api.get(`/api/batches/${json.id}/verify`)).json).toMatchObject({ whole: false, totals: { missing: 1 }, items: { missing: 1 } });
    expect((await api.request('POST', `/api/batches/${json.id}/repair`)).json).toMatchObject({ calls: 1, items: 1, started: true });
    await until('whole again', async () => (await untilOver(api, json.id)).counts.succeeded === 3);
    expect((await resultsOf(api, json.id)).map((result) => result.status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(await api.request('POST', `/api/batches/${json.id}/revalidate`)).toMatchObject({ status: 400, json: { param: 'schema' } });
    expect((await api.request('POST', `/api/batches/${json.id}/revalidate`, { schema: { type: 'object', required: ['a'] } })).json).toMatchObject({ checked: 3, valid: 0, invalid: 3, changed: 3 });
    expect((await resultsOf(api, json.id, '?status=failed'))[0]).toMatchObject({ status: 'failed', failure: { code: 'invalid_answer' } });
    // What failed is not asked again with it.
    await pool.query('DELETE FROM calls WHERE completion_id = $1', [`${json.id}.1`]);
    expect((await api.request('POST', `/api/batches/${json.id}/repair`)).json).toMatchObject({ calls: 1, items: 1, started: true });
    expect(await untilOver(api, json.id)).toMatchObject({ status: 'completed', counts: { failed: 3 } });
    const calls = await pool.query('SELECT completion_id AS id, count(*)::integer AS calls FROM calls WHERE group_id = $1 GROUP BY 1 ORDER BY 1', [json.id]);
    expect(calls.rows).toEqual([{ id: `${json.id}.0`, calls: 1 }, { id: `${json.id}.1`, calls: expect.any(Number) }, { id: `${json.id}.2`, calls: 1 }]);
  });

  it('knows nothing of other ids', async () => {
    for (const [path, param] of [['/api/batches', 'before'], ['/v1/batches', 'after']] as const) expect(await api.get(`${path}?${param}=batch_none`)).toMatchObject({ status: 400, text: expect.stringContaining('batch_none') });
    expect(await api.get('/v1/files?after=file-none')).toMatchObject({ status: 400, json: { error: { param: 'after' } } });
    for (const path of ['', '/results', '/events']) expect((await api.get(`/api/batches/batch_none${path}`)).status).toBe(404);
    expect((await api.request('POST', '/api/batches/batch_none/switch', { mode: 'realtime' })).json).toMatchObject({ code: 'batch_not_found' });
  });
});

/** The batch as lists tell it, wherever others have pushed it. */
async function listed(id: string): Promise<{ counts: unknown }> {
  for (let before = ''; ;) {
    const { data, next_cursor: next } = (await api.get(`/api/batches?limit=100${before}`)).json as { data: { id: string; counts: unknown }[]; next_cursor: string | null };
    const found = data.find((batch) => batch.id === id);
    if (found) return found;
    if (next === null) throw new Error(`No list has batch ${id}.`);
    before = `&before=${next}`;
  }
}

describe('POST /v1/batches', () => {
  const batch = (fileId: string) => api.request('POST', '/v1/batches', { input_file_id: fileId, endpoint: '/v1/chat/completions', completion_window: '24h' });

  it('fails a faulty file as OpenAI does: by its lines', async () => {
    const fileId = await uploadBatchFile(api, `${batchLines([{ custom_id: 'a', body: { model, messages: ask('x') } }])}nonsense\n${JSON.stringify({ custom_id: 'b', method: 'GET', url: '/v1/chat/completions', body: {} })}\n{"custom_id":"c"}`);
    const { json } = await batch(fileId);
    expect(json).toMatchObject({ object: 'batch', status: 'validating', endpoint: '/v1/chat/completions', input_file_id: fileId });
    await untilOver(api, json.id);
    const failed = (await api.get(`/v1/batches/${json.id}`)).json;
    expect(failed).toMatchObject({ status: 'failed', output_file_id: null, request_counts: { total: 0, completed: 0, failed: 0 } });
    expect(failed.errors.data.map((error: { line: number; code: string; param: string | null }) => [error.line, error.code, error.param])).toEqual([[2, 'invalid_json_line', null], [3, 'invalid_value', 'method'], [4, 'invalid_value', 'method']]);
    expect(failed.failed_at).toBeGreaterThan(0);
    expect((await pool.query('SELECT count(*)::integer AS count FROM batch_items WHERE batch_id = $1', [json.id])).rows[0].count).toBe(0);
  });

  it('moves what a schema rejects afterwards into the error file', async () => {
    const lines = ['Reply with exactly: [1]', 'Reply with exactly: pong'].map((content, index) => ({ custom_id: `r${index}`, body: { model, messages: [{ role: 'user', content: `(${marker()}) ${content}` }] } }));
    const { json } = await batch(await uploadBatchFile(api, batchLines(lines)));
    await untilOver(api, json.id);
    expect((await listed(json.id)).counts).toMatchObject({ succeeded: 2 });
    expect((await api.request('POST', `/api/batches/${json.id}/revalidate`, { schema: { type: 'array' } })).json).toMatchObject({ valid: 1, invalid: 1 });
    const judged = (await api.get(`/v1/batches/${json.id}`)).json;
    expect(judged).toMatchObject({ status: 'completed', request_counts: { total: 2, completed: 1, failed: 1 } });
    const idsIn = async (file: string) => (await api.get(`/v1/files/${file}/content`)).text.trim().split('\n').map((line) => JSON.parse(line).custom_id);
    expect([await idsIn(judged.output_file_id), await idsIn(judged.error_file_id)]).toEqual([['r0'], ['r1']]);
    expect((await listed(json.id)).counts).toMatchObject({ succeeded: 1, failed: 1 });
  });

  it('refuses other endpoints, windows and files', async () => {
    const fileId = await uploadBatchFile(api, '{}');
    const body = { input_file_id: fileId, endpoint: '/v1/chat/completions', completion_window: '24h' };
    expect(await api.request('POST', '/v1/batches', { ...body, endpoint: '/v1/embeddings' })).toMatchObject({ status: 400, json: { error: { param: 'endpoint' } } });
    expect(await api.request('POST', '/v1/batches', { ...body, completion_window: '1h' })).toMatchObject({ status: 400, json: { error: { param: 'completion_window' } } });
    expect(await api.request('POST', '/v1/batches', { ...body, input_file_id: 'file-none' })).toMatchObject({ status: 404, json: { error: { param: 'input_file_id' } } });
  });
});
