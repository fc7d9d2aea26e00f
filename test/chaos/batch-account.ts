import { expect } from '@jest/globals';
import type { BatchResultLine } from '../support/batch-client.js';
import { ConclaveClient } from '../support/conclave-client.js';
import type { ConclaveUp } from '../support/conclave-up.js';
import { rowsOf } from '../support/database.js';
import type { SimulatedClient } from '../support/simulated-client.js';
import { until } from '../support/until.js';

export const batchModels = ['openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-20250514', 'gemini/gemini-2.0-flash-001'] as const;

/** Nano-USD for a token at the batch rate, by the registry's prices: whole numbers, so that sums can be compared exactly. */
const nanoUsdPerToken: Record<string, { input: number; output: number }> = {
  'gpt-4o-mini': { input: 75, output: 300 },
  'gpt-4o': { input: 1_250, output: 5_000 },
  'claude-sonnet-4-20250514': { input: 1_500, output: 7_500 },
  'gemini-2.0-flash-001': { input: 75, output: 300 },
};

/** Items whose answer tells which of them it belongs to: `<mark>-<index>`. */
export function numberedItems(mark: string, count: number, models: readonly string[]): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => ({ custom_id: String(index), model: models[index % models.length], prompt: `Reply with exactly: ${mark}-${String(index)}` }));
}

/** Submits as a client does that keeps trying under one Idempotency-Key while the service comes and goes; returns the batch's id. */
export function submitPatiently(conclave: ConclaveUp, key: string, body: Record<string, unknown>): Promise<string> {
  const options = { parameters: { max_tokens: 100 }, poll_interval_seconds: 0.2, initial_delay_seconds: 0.1, max_attempts: 12, confirm: true };
  return until(`submission of ${key}`, async () => {
    const answer = await new ConclaveClient(conclave.apiUrl).request('POST', '/api/batches', { ...options, ...body }, { headers: { 'idempotency-key': key }, signal: AbortSignal.timeout(20_000) });
    if (answer.status >= 400 && answer.status < 500) throw new Error(`Refused for good: ${answer.text}`);
    if (answer.status !== 201 && answer.status !== 200) throw new Error(`${String(answer.status)} ${answer.text}`);
    return (answer.json as { id: string }).id;
  }, 90_000, 200);
}

/** The batch's body once it is over, however often the api dies meanwhile. */
export function endOfBatch(api: ConclaveClient, id: string, timeoutMs: number): ReturnType<ConclaveClient['get']> {
  return until(`end of ${id}`, async () => {
    const answer = await api.get(`/api/batches/${id}`, { signal: AbortSignal.timeout(5_000) });
    if (['completed', 'failed', 'canceled'].includes((answer.json as { status: string }).status)) return answer;
    throw new Error(answer.text.slice(0, 4_000));
  }, timeoutMs, 250);
}

/** Every item has exactly one result, in the order of the input, and it is its own. */
export async function expectOneResultEach(api: ConclaveClient, id: string, count: number, answerOf: ((index: number) => string) | null): Promise<void> {
  const { text } = await api.get(`/api/batches/${id}/results`);
  const results = text.trim().split('\n').map((line) => JSON.parse(line) as BatchResultLine);
  expect(results.map(({ custom_id, status }) => `${custom_id} ${status}`)).toEqual(Array.from({ length: count }, (_, index) => `${String(index)} succeeded`));
  if (answerOf) expect(results.map((result) => result.text)).toEqual(Array.from({ length: count }, (_, index) => answerOf(index)));
}

/**
 * Our books and the providers' are the same: every job at a provider is the job of one row of ours (none was created twice), no line or request was answered, and so charged, more than
 * once, and tokens and cost of the ledger, and of what the api tells, are what the providers have booked.
 */
export async function expectEqualBooks(conclave: ConclaveUp, simulated: SimulatedClient): Promise<void> {
  const batchIds = (await rowsOf<{ id: string }>(conclave.databaseUrl, 'SELECT id FROM batches')).map(({ id }) => id);
  const [books, atProviders] = await Promise.all([simulated.books(), simulated.jobs({})]);
  const rows = await rowsOf<{ reference: string }>(conclave.databaseUrl, 'SELECT reference FROM provider_jobs WHERE reference IS NOT NULL');
  // Gemini's names begin with `batches/`.
  expect(atProviders.map(({ id }) => id).sort()).toEqual(rows.map(({ reference }) => reference.replace(/^batches\//, '')).sort());
  expect(books.repeated).toEqual([]);
  const ledger = await rowsOf<{ provider: string; model: string; input: number; output: number; cost: number; calls: number }>(
    conclave.databaseUrl,
    `SELECT provider, model, sum(input_tokens)::float8 AS input, sum(output_tokens)::float8 AS output, sum(cost_nano_usd)::float8 AS cost, count(*)::integer AS calls FROM calls WHERE group_id = ANY($1) AND outcome = 'succeeded' GROUP BY 1, 2`,
    [batchIds],
  );
  const booked = Object.entries(books.batches).map(([provider, { answered, inputTokens, outputTokens }]) => ({ provider, answered, inputTokens, outputTokens }));
  expect(sumsByProvider(ledger).sort(byProvider)).toEqual(booked.sort(byProvider));
  for (const { model, input, output, cost } of ledger) {
    const price = nanoUsdPerToken[model];
    expect([model, cost]).toEqual([model, price && input * price.input + output * price.output]);
  }
  await expectToldTotals(conclave, batchIds, ledger);
}

async function expectToldTotals(conclave: ConclaveUp, batchIds: readonly string[], ledger: { input: number; output: number; cost: number }[]): Promise<void> {
  const api = new ConclaveClient(conclave.apiUrl);
  const told = { input: 0, output: 0, cost: 0 };
  for (const id of batchIds) {
    const { total } = ((await api.get(`/api/batches/${id}`)).json as { usage: { total: { input_tokens: number; output_tokens: number; cost_usd: number } } }).usage;
    told.input += total.input_tokens;
    told.output += total.output_tokens;
    told.cost += Math.round(total.cost_usd * 1e9);
  }
  const of = (key: 'input' | 'output' | 'cost'): number => ledger.reduce((sum, row) => sum + row[key], 0);
  expect(told).toEqual({ input: of('input'), output: of('output'), cost: of('cost') });
}

function sumsByProvider(ledger: { provider: string; input: number; output: number; calls: number }[]): { provider: string; answered: number; inputTokens: number; outputTokens: number }[] {
  return [...new Set(ledger.map(({ provider }) => provider))].map((provider) => {
    const own = ledger.filter((row) => row.provider === provider);
    const of = (key: 'input' | 'output' | 'calls'): number => own.reduce((sum, row) => sum + row[key], 0);
    return { provider, answered: of('calls'), inputTokens: of('input'), outputTokens: of('output') };
  });
}

function byProvider(left: { provider: string }, right: { provider: string }): number {
  return left.provider < right.provider ? -1 : 1;
}
