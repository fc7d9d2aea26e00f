import Anthropic from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI, { toFile } from 'openai';
import type { ControlCommand } from '../control-endpoints.js';
import { startSimulatedProvider, type SimulatedProvider } from '../simulated-provider.js';

let provider: SimulatedProvider;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  provider = await startSimulatedProvider({ port: 0 });
  openai = new OpenAI({ baseURL: `${provider.url}/groq/v1`, apiKey: 'key', maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: `${provider.url}/anthropic`, apiKey: 'key', maxRetries: 0 });
});
afterEach(() => {
  provider.reset();
});
afterAll(async () => {
  await provider.stop();
});

const rules = (...list: NonNullable<ControlCommand['rules']>): void => void provider.control({ rules: list });
const model = 'sure@skill=1';
const schema = { type: 'object', properties: { answer: { type: 'integer' } }, required: ['answer'], additionalProperties: false };
const lineOf = (number: number, body: Record<string, unknown> = {}): string =>
  JSON.stringify({ custom_id: `item-${number}`, method: 'POST', url: '/v1/chat/completions', body: { model, messages: [{ role: 'user', content: `What is 3*${number}?` }], ...body } });

async function upload(lines: string[]): Promise<OpenAI.FileObject> {
  return openai.files.create({ file: await toFile(Buffer.from(`${lines.join('\n')}\n`), 'lines.jsonl'), purpose: 'batch' });
}

async function batchOf(lines: string[], metadata: Record<string, string> = {}): Promise<OpenAI.Batch> {
  return openai.batches.create({ input_file_id: (await upload(lines)).id, endpoint: '/v1/chat/completions', completion_window: '24h', metadata });
}

/** The lines of the output file once the batch has completed. */
async function output(lines: string[]): Promise<string[]> {
  const { id } = await batchOf(lines);
  await provider.waitForJobs({ contains: id, state: 'completed' });
  const batch = await openai.batches.retrieve(id);
  return (await (await openai.files.content(batch.output_file_id ?? '')).text()).trim().split('\n');
}

const idsOf = (rows: string[]): string[] => rows.map((row) => (JSON.parse(row) as { custom_id: string }).custom_id);
const textOf = (row: string | undefined): string => (JSON.parse(row ?? '') as { response: { body: OpenAI.ChatCompletion } }).response.body.choices[0]?.message.content ?? '';
const ten = Array.from({ length: 10 }, (_, index) => lineOf(index));

describe('faults of rows', () => {
  it('spoils single rows: malformed, doubled, foreign, clashing, missing', async () => {
    rules(
      { effect: 'malformed_row', contains: '3*1?' }, { effect: 'duplicate_row', contains: '3*2?' }, { effect: 'foreign_row', contains: '3*3?' },
      { effect: 'clashing_row', contains: '3*4?' }, { effect: 'missing_row', contains: '3*5?' },
    );
    const rows = await output(ten);
    expect(() => JSON.parse(rows[1] ?? '') as unknown).toThrow(SyntaxError);
    expect(idsOf(rows.filter((_, index) => index !== 1))).toEqual(['item-0', 'item-2', 'item-2', 'item-3', 'foreign-item-3', 'item-0', 'item-6', 'item-7', 'item-8', 'item-9']);
    expect(provider.stats().batches).toMatchObject({ groq: { lines: 10, answered: 9 } });
  });

  it('answers empty, cut short, in fences, or with what is no JSON', async () => {
    const format = { response_format: { type: 'json_schema', json_schema: { name: 'result', schema } } };
    rules({ effect: 'empty', contains: '3*1?' }, { effect: 'truncate', contains: '3*2?' }, { effect: 'fenced', contains: '3*3?' }, { effect: 'invalid_json', contains: '3*4?' });
    const rows = await output(Array.from({ length: 5 }, (_, index) => lineOf(index, format)));
    expect(textOf(rows[0])).toBe('{"answer":0}');
    expect(textOf(rows[1])).toBe('');
    expect(rows[2]).toContain('"finish_reason":"length"');
    expect(textOf(rows[3])).toBe('```json\n{"answer":9}\n```');
    expect(() => JSON.parse(textOf(rows[4])) as unknown).toThrow(SyntaxError);
  });

  it('delivers rows in another order, the same for the same seed', async () => {
    rules({ effect: 'job_shuffled' });
    const ids = idsOf(await output(ten));
    expect(ids).not.toEqual(Array.from({ length: 10 }, (_, index) => `item-${index}`));
    expect([...ids].sort()).toEqual(Array.from({ length: 10 }, (_, index) => `item-${index}`));
    expect(idsOf(await output(ten))).toEqual(ids);
  });

  it('keeps rules of realtime and batch apart where they name a mode', async () => {
    rules({ effect: '500', mode: 'realtime' }, { effect: 'empty', mode: 'batch', contains: '3*0?' });
    const rows = await output(ten);
    expect(rows).toHaveLength(10);
    expect(textOf(rows[0])).toBe('');
    await expect(openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'hi' }] })).rejects.toMatchObject({ status: 500 });
  });

  it('draws the same failing lines however they are split into jobs', async () => {
    rules({ effect: '500', mode: 'batch', probability: 0.4 });
    const whole = idsOf(await output(ten));
    provider.reset();
    rules({ effect: '500', mode: 'batch', probability: 0.4 });
    const halves = [...idsOf(await output(ten.slice(0, 5))), ...idsOf(await output(ten.slice(5)))];
    expect(halves).toEqual(whole);
    expect(whole.length).toBeLessThan(10);
  });
});

describe('faults of operations', () => {
  it.each([
    ['files.create', '400', 400], ['batches.create', '429', 429], ['batches.create', '401', 401], ['batches.retrieve', '503', 503], ['batches.results', '500', 500],
  ] as const)('%s answers %s once, then works', async (endpoint, effect, status) => {
    rules({ effect, endpoint, count: 1 });
    const steps = async (): Promise<number> => (await output([lineOf(1)])).length;
    await expect(steps()).rejects.toMatchObject({ status });
    expect(await steps()).toBe(1);
  });

  it('creates a job whose answer is lost', async () => {
    rules({ effect: 'lost_response', endpoint: 'batches.create', contains: 'pjob_9', count: 1 });
    const file = await upload([lineOf(1)]);
    await expect(openai.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h', metadata: { job: 'pjob_9' } })).rejects.toThrow('Connection error');
    expect(provider.jobs({ contains: 'pjob_9' })).toHaveLength(1);
    expect((await openai.batches.list()).data[0]).toMatchObject({ metadata: { job: 'pjob_9' }, input_file_id: file.id });
  });

  it('holds the answer of a creation until released; the job exists meanwhile', async () => {
    rules({ effect: 'hold_response', endpoint: 'batches.create' });
    const request = { custom_id: 'one', params: { model, max_tokens: 10, messages: [{ role: 'user' as const, content: 'hello' }] } };
    const creating = anthropic.messages.batches.create({ requests: [request] });
    expect(await provider.wait({ held: 1, match: { endpoint: 'batches.create' } })).toBe(true);
    expect(provider.jobs({ provider: 'anthropic' })).toHaveLength(1);
    provider.control({ release: { endpoint: 'batches.create' } });
    expect((await creating).id).toBe(provider.jobs()[0]?.id);
  });

  it('leaves operations alone when a rule names no endpoint', async () => {
    rules({ effect: '503', provider: 'groq' });
    const { id } = await batchOf([lineOf(1)]);
    await provider.waitForJobs({ contains: id, state: 'completed' });
    expect((await openai.batches.retrieve(id)).request_counts).toEqual({ total: 1, completed: 0, failed: 1 });
    expect(provider.requests({ endpoint: 'batches.retrieve' })).toHaveLength(1);
    expect(provider.stats()).toMatchObject({ requests: 0 });
  });
});

describe('faults of jobs', () => {
  it('fails as a whole, or is cancelled by the provider', async () => {
    rules({ effect: 'job_failed', contains: 'first' }, { effect: 'job_cancelled', contains: 'second', rows: 3 });
    const [first, second] = [await batchOf(ten, { name: 'first' }), await batchOf(ten, { name: 'second' })];
    await provider.waitForJobs({ contains: first.id, state: 'failed' });
    await provider.waitForJobs({ contains: second.id, state: 'cancelled' });
    expect((await openai.batches.retrieve(first.id)).errors?.data?.[0]?.code).toBe('server_error');
    expect((await openai.batches.retrieve(second.id)).request_counts).toMatchObject({ completed: 3, total: 10 });
    expect(provider.stats().batches).toMatchObject({ groq: { jobs: 2, answered: 3 } });
  });

  it('takes its time in each state', async () => {
    provider.control({ jobDelays: { validating: 30, in_progress: 60, finalizing: 30 } });
    const { id } = await batchOf(ten);
    await provider.waitForJobs({ contains: id, state: 'completed' });
    const [{ times, createdAt } = { times: {}, createdAt: 0 }] = provider.jobs();
    expect((times.in_progress ?? 0) - createdAt).toBeGreaterThanOrEqual(29);
    expect((times.completed ?? 0) - createdAt).toBeGreaterThanOrEqual(115);
  });

  it('is forgotten by a reset, also while it runs', async () => {
    rules({ effect: 'job_hold', rows: 5 });
    const { id } = await batchOf(ten);
    await provider.waitForJobs({ state: 'in_progress' });
    provider.reset();
    expect(provider.jobs()).toEqual([]);
    expect(provider.stats().batches).toEqual({});
    await expect(openai.batches.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });
});
