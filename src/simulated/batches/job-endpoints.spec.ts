import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI, { toFile } from 'openai';
import type { ControlCommand } from '../control-endpoints.js';
import { startSimulatedProvider, type SimulatedProvider } from '../simulated-provider.js';

let provider: SimulatedProvider;
let openai: OpenAI;
let anthropic: Anthropic;
let google: GoogleGenAI;

beforeAll(async () => {
  provider = await startSimulatedProvider({ port: 0 });
  openai = new OpenAI({ baseURL: `${provider.url}/openai/v1`, apiKey: 'key', maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: `${provider.url}/anthropic`, apiKey: 'key', maxRetries: 0 });
  // Its own fetch looks for a dispatcher that Jest's realm does not have.
  google = new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl: `${provider.url}/gemini`, fetch: (url, init) => fetch(url, init) } });
});
afterEach(() => {
  provider.reset();
});
afterAll(async () => {
  await provider.stop();
});

const model = 'sure@skill=1';
const question = (number: number): { role: 'user'; content: string }[] => [{ role: 'user', content: `What is 17*${number}?` }];

interface Row {
  custom_id: string;
  response: { status_code: number; body: { choices: { message: { content: string } }[]; usage: OpenAI.CompletionUsage; error?: unknown } } | null;
  error: { code: string } | null;
}

const lineOf = (number: number, changes: Record<string, unknown> = {}): string =>
  JSON.stringify({ custom_id: `item-${number}`, method: 'POST', url: '/v1/chat/completions', body: { model, messages: question(number) }, ...changes });
const linesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => lineOf(index));

async function openaiBatch(lines: string[], metadata: Record<string, string> = {}): Promise<OpenAI.Batch> {
  const file = await openai.files.create({ file: await toFile(Buffer.from(lines.join('\n')), 'lines.jsonl'), purpose: 'batch' });
  return openai.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h', metadata });
}

async function ended(batch: OpenAI.Batch, state = 'completed'): Promise<OpenAI.Batch> {
  expect(await provider.waitForJobs({ contains: batch.id, state, timeoutMs: 5000 })).toBe(true);
  return openai.batches.retrieve(batch.id);
}

async function rowsOf(fileId: string | null | undefined): Promise<Row[]> {
  const text = await (await openai.files.content(fileId ?? '')).text();
  return text.trim().split('\n').map((line) => JSON.parse(line) as Row);
}

const rules = (...list: NonNullable<ControlCommand['rules']>): void => void provider.control({ rules: list });

describe('the official OpenAI client', () => {
  it('submits a batch and reads the same answers and usage as in realtime', async () => {
    const created = await openaiBatch(linesOf(120), { job: 'pjob_1' });
    expect(created).toMatchObject({ object: 'batch', status: 'validating', metadata: { job: 'pjob_1' }, output_file_id: null });
    const batch = await ended(created);
    expect(batch).toMatchObject({ status: 'completed', error_file_id: null, request_counts: { total: 120, completed: 120, failed: 0 } });
    for (const at of [batch.in_progress_at, batch.finalizing_at, batch.completed_at, batch.expires_at]) expect(at).toEqual(expect.any(Number));
    const rows = await rowsOf(batch.output_file_id);
    expect(rows.map((row) => row.custom_id)).toEqual(Array.from({ length: 120 }, (_, index) => `item-${index}`));
    const realtime = await openai.chat.completions.create({ model, messages: question(7) });
    expect(rows[7]?.response?.body.choices).toEqual(realtime.choices);
    expect(rows[7]?.response?.body.usage).toEqual(realtime.usage);
    const tokens = rows.reduce((sum, row) => sum + (row.response?.body.usage.prompt_tokens ?? 0), 0);
    expect(provider.stats().batches).toMatchObject({ openai: { jobs: 1, lines: 120, answered: 120, failed: 0, inputTokens: tokens } });
    expect(provider.stats().repeated).toEqual([expect.objectContaining({ answered: 2, model })]);
  });

  it('pages lists, shows files and deletes them', async () => {
    const ids = [];
    for (let index = 0; index < 5; index++) ids.unshift((await openaiBatch([lineOf(index)])).id);
    const listed = [];
    for await (const batch of openai.batches.list({ limit: 2 })) listed.push(batch.id);
    expect(listed).toEqual(ids);
    const files = await openai.files.list({ purpose: 'batch' });
    expect(files.data).toHaveLength(5);
    const [file] = files.data;
    if (!file) throw new Error('no file');
    expect(await (await openai.files.content(file.id)).text()).toBe(lineOf(4));
    expect(await openai.files.delete(file.id)).toMatchObject({ id: file.id, deleted: true });
    await expect(openai.files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
    await expect(openai.batches.retrieve('batch_none')).rejects.toMatchObject({ status: 404 });
  });

  it('fails a batch for what is wrong in its file, line by line', async () => {
    const wrong = [lineOf(1), '{"custom_id":', lineOf(1), lineOf(4, { url: '/v1/responses' }), lineOf(5, { body: { model: 'other', messages: question(1) } }), lineOf(6, { body: undefined })];
    const batch = await ended(await openaiBatch(wrong), 'failed');
    expect(batch.errors?.data?.map(({ code, line }) => [line, code])).toEqual([
      [2, 'invalid_json_line'], [3, 'duplicate_custom_id'], [4, 'url_mismatch'], [5, 'model_mismatch'], [6, 'missing_required_parameter'],
    ]);
    expect((await ended(await openaiBatch(['']), 'failed')).errors?.data?.[0]?.code).toBe('empty_file');
    const file = await openai.files.create({ file: await toFile(Buffer.from(lineOf(1)), 'x.jsonl'), purpose: 'batch' });
    await expect(openai.batches.create({ input_file_id: file.id, endpoint: '/v1/embeddings', completion_window: '24h' })).rejects.toMatchObject({ status: 400 });
    expect(provider.stats().batches).toMatchObject({ openai: { lines: 0, answered: 0 } });
  });

  it('puts refused lines into the error file, as often as a rule says', async () => {
    rules({ effect: '429', mode: 'batch', contains: '17*3?' }, { effect: '500', mode: 'batch', probability: 0.5, skip: 20 });
    const batch = await ended(await openaiBatch(linesOf(100)));
    const [rows, errors] = [await rowsOf(batch.output_file_id), await rowsOf(batch.error_file_id)];
    expect(batch.request_counts).toEqual({ total: 100, completed: rows.length, failed: errors.length });
    expect(rows.length + errors.length).toBe(100);
    expect(errors.length).toBeGreaterThan(20);
    expect(errors.find((row) => row.custom_id === 'item-3')?.response?.status_code).toBe(429);
    expect(errors.every((row) => row.response?.body.error !== undefined)).toBe(true);
  });

  it('cancels a held batch and keeps what was done', async () => {
    rules({ effect: 'job_hold', rows: 10 });
    const created = await openaiBatch(linesOf(60));
    await provider.waitForJobs({ state: 'in_progress' });
    const cancelled = await openai.batches.cancel(created.id);
    expect(cancelled.status).toBe('cancelling');
    const batch = await ended(created, 'cancelled');
    expect(batch.cancelled_at).toEqual(expect.any(Number));
    const rows = await rowsOf(batch.output_file_id);
    expect(rows.length).toBeLessThanOrEqual(10);
    expect(provider.stats().batches).toMatchObject({ openai: { answered: rows.length } });
    await expect(openai.batches.cancel(created.id)).rejects.toMatchObject({ status: 409 });
  });

  it('expires with partial results and tells the rest', async () => {
    rules({ effect: 'job_expired', fraction: 0.25 });
    const batch = await ended(await openaiBatch(linesOf(40)), 'expired');
    expect(await rowsOf(batch.output_file_id)).toHaveLength(10);
    const rest = await rowsOf(batch.error_file_id);
    expect(rest).toHaveLength(30);
    expect(rest[0]).toMatchObject({ response: null, error: { code: 'batch_expired' } });
  });
});

describe('the official Anthropic client', () => {
  const requests = (count: number): Anthropic.Messages.BatchCreateParams.Request[] =>
    Array.from({ length: count }, (_, index) => ({ custom_id: `item_${index}`, params: { model, max_tokens: 100, messages: question(index) } }));

  it('submits a batch and reads the same answers as in realtime', async () => {
    rules({ effect: 'job_hold' });
    const created = await anthropic.messages.batches.create({ requests: requests(150) });
    expect(created).toMatchObject({ type: 'message_batch', processing_status: 'in_progress', request_counts: { processing: 150, succeeded: 0 }, results_url: null });
    await provider.waitForJobs({ state: 'in_progress' });
    provider.control({ release: { provider: 'anthropic' } });
    await provider.waitForJobs({ state: 'completed' });
    expect(await anthropic.messages.batches.retrieve(created.id)).toMatchObject({ processing_status: 'ended', request_counts: { processing: 0, succeeded: 150, errored: 0, canceled: 0, expired: 0 } });
    const realtime = await anthropic.messages.create({ model, max_tokens: 100, messages: question(9) });
    const results = [];
    for await (const row of await anthropic.messages.batches.results(created.id)) results.push(row);
    expect(results).toHaveLength(150);
    expect(results[9]).toMatchObject({ custom_id: 'item_9', result: { type: 'succeeded', message: { content: realtime.content, usage: { ...realtime.usage } } } });
  });

  it('tells errored, canceled and expired requests', async () => {
    rules({ effect: '400', contains: '17*2?' }, { effect: 'job_expired', rows: 5, count: 1 }, { effect: 'job_stuck', rows: 4, skip: 1 });
    const kinds = async (id: string): Promise<string[]> => {
      const found = [];
      for await (const row of await anthropic.messages.batches.results(id)) found.push(row.result.type);
      return found;
    };
    const expired = await anthropic.messages.batches.create({ requests: requests(8) });
    await provider.waitForJobs({ state: 'expired' });
    expect(await kinds(expired.id)).toEqual(['succeeded', 'succeeded', 'errored', 'succeeded', 'succeeded', 'expired', 'expired', 'expired']);
    const stuck = await anthropic.messages.batches.create({ requests: requests(6) });
    await provider.waitForJobs({ state: 'in_progress' });
    await expect(anthropic.messages.batches.delete(stuck.id)).rejects.toMatchObject({ status: 400 });
    expect((await anthropic.messages.batches.cancel(stuck.id)).processing_status).toBe('canceling');
    await provider.waitForJobs({ state: 'cancelled' });
    expect((await kinds(stuck.id)).filter((kind) => kind === 'canceled').length).toBeGreaterThanOrEqual(2);
    expect(await anthropic.messages.batches.delete(stuck.id)).toEqual({ id: stuck.id, type: 'message_batch_deleted' });
  });

  it('refuses ids that Anthropic refuses, and pages both ways', async () => {
    const refuse = (ids: string[]): Promise<unknown> => anthropic.messages.batches.create({ requests: ids.map((id) => ({ custom_id: id, params: { model, max_tokens: 9, messages: question(1) } })) });
    await expect(refuse(['a.b'])).rejects.toThrow(/requests\.0\.custom_id: String should match pattern/);
    await expect(refuse(['ok', 'x'.repeat(65)])).rejects.toThrow(/requests\.1\.custom_id/);
    await expect(refuse(['twice', 'twice'])).rejects.toThrow(/[Dd]uplicate custom_id/);
    const ids = [];
    for (let index = 0; index < 5; index++) ids.unshift((await anthropic.messages.batches.create({ requests: requests(1) })).id);
    const listed = [];
    for await (const batch of anthropic.messages.batches.list({ limit: 2 })) listed.push(batch.id);
    expect(listed).toEqual(ids);
    expect((await anthropic.messages.batches.list({ limit: 2, before_id: ids[3] ?? '' })).data.map((batch) => batch.id)).toEqual(ids.slice(1, 3));
  });
});

describe("Google's own client", () => {
  const lines = (count: number): string => Array.from({ length: count }, (_, index) => JSON.stringify({ key: `item-${index}`, request: { contents: [{ role: 'user', parts: [{ text: `What is 17*${index}?` }] }] } })).join('\n');
  const upload = async (text: string): Promise<string> => {
    const file = await google.files.upload({ file: new Blob([text], { type: 'application/jsonl' }), config: { displayName: 'lines', mimeType: 'application/jsonl' } });
    return file.name ?? '';
  };
  const download = async (fileName: string | undefined): Promise<{ key: string; response?: { candidates: unknown[]; usageMetadata: Record<string, number> }; error?: { code: number } }[]> => {
    const response = await fetch(`${provider.url}/gemini/v1beta/${fileName ?? ''}:download?alt=media`, { headers: { 'x-goog-api-key': 'key' } });
    return (await response.text()).trim().split('\n').map((line) => JSON.parse(line) as never);
  };

  it('uploads a file, runs a batch over it and downloads rows like realtime answers', async () => {
    rules({ effect: '400', contains: '17*4?' });
    const thinking = 'gemini-2.5-pro@skill=1,reasoning=50';
    const src = await upload(lines(80));
    const created = await google.batches.create({ model: thinking, src, config: { displayName: 'pjob_7' } });
    expect(created).toMatchObject({ displayName: 'pjob_7', state: 'JOB_STATE_PENDING', model: `models/${thinking}` });
    await provider.waitForJobs({ state: 'completed' });
    const job = await google.batches.get({ name: created.name ?? '' });
    expect(job.state).toBe('JOB_STATE_SUCCEEDED');
    const rows = await download(job.dest?.fileName);
    expect(rows).toHaveLength(80);
    expect(rows[4]).toMatchObject({ key: 'item-4', error: { code: 400 } });
    const realtime = await google.models.generateContent({ model: thinking, contents: 'What is 17*9?' });
    expect(rows[9]?.response?.candidates).toEqual(JSON.parse(JSON.stringify(realtime.candidates)));
    expect(rows[9]?.response?.usageMetadata).toMatchObject({ thoughtsTokenCount: 50, promptTokenCount: realtime.usageMetadata?.promptTokenCount });
    expect(provider.stats().batches).toMatchObject({ gemini: { answered: 79, failed: 1, reasoningTokens: 79 * 50 } });
  });

  it('lists by pages, cancels, deletes, and takes inline requests', async () => {
    rules({ effect: 'job_stuck', count: 3 });
    const src = await upload(lines(2));
    const names = [];
    for (let index = 0; index < 3; index++) names.unshift((await google.batches.create({ model, src, config: { displayName: `job-${index}` } })).name);
    const listed = [];
    for await (const job of await google.batches.list({ config: { pageSize: 2 } })) listed.push(job.name);
    expect(listed).toEqual(names);
    await google.batches.cancel({ name: names[0] ?? '' });
    await provider.waitForJobs({ state: 'cancelled' });
    expect(await google.batches.get({ name: names[0] ?? '' })).toMatchObject({ state: 'JOB_STATE_CANCELLED' });
    await google.batches.delete({ name: names[0] ?? '' });
    await expect(google.batches.get({ name: names[0] ?? '' })).rejects.toMatchObject({ status: 404 });
    const inline = await google.batches.create({ model, src: [{ contents: [{ role: 'user', parts: [{ text: 'What is 17*23?' }] }] }] });
    await provider.waitForJobs({ state: 'completed' });
    const done = await google.batches.get({ name: inline.name ?? '' });
    expect(done.dest?.inlinedResponses?.[0]?.response?.candidates?.[0]?.content?.parts?.[0]?.text).toContain('391');
  });

  it('takes a large file in several pieces', async () => {
    const text = Array.from({ length: 9 }, (_, index) => JSON.stringify({ key: `k${index}`, note: 'x'.repeat(1024 * 1024), request: { contents: [{ parts: [{ text: `What is 2+${index}?` }] }] } })).join('\n');
    const src = await upload(text);
    expect(await (await fetch(`${provider.url}/gemini/v1beta/${src}`)).json()).toMatchObject({ sizeBytes: String(text.length), state: 'ACTIVE' });
    await google.batches.create({ model, src });
    expect(await provider.waitForJobs({ state: 'completed' })).toBe(true);
    expect(provider.stats().batches).toMatchObject({ gemini: { answered: 9 } });
  });
});
