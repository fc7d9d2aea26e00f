import { postJson, postStream } from './http-client.js';
import { driveLoad } from './drive-load.js';
import { parts, type Part, type RunningProduct } from './product.js';
import { processorSeconds, residentMegabytes } from './processor-time.js';
import { median, quantile } from './quantile.js';

/** How much to measure. `quick` is for trying out: too few requests for figures to quote. */
export interface BenchOptions {
  runs: number;
  quick: boolean;
  only: string | null;
}

/** One measured row: a name and figures by column, medians over the runs. */
export interface Row {
  name: string;
  figures: Record<string, number>;
}

const latencyMs = 100;
const members = ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash', 'groq/llama-3.3-70b-versatile'];
let asked = 0;

/** Measures councils, pass-through calls and streams; prints each figure's progress to standard error. */
export async function benchCompletions(product: RunningProduct, options: BenchOptions): Promise<Row[]> {
  await control(product, { defaults: { latencyMs, tokensPerSecond: 0 } });
  const scenarios: [string, () => Promise<Record<string, number>>][] = [
    ['council of 4, sequential', () => councils(product, { total: options.quick ? 5 : 30, concurrency: 1 })],
    ['council of 4, 20 concurrent', () => councils(product, { total: options.quick ? 40 : 200, concurrency: 20 })],
    ['council of 4, 100 concurrent', () => councils(product, { total: options.quick ? 100 : 400, concurrency: 100 })],
    ['pass-through, sequential', () => passThrough(product, { total: options.quick ? 10 : 60, concurrency: 1 })],
    ['pass-through, 50 concurrent', () => passThrough(product, { total: options.quick ? 200 : 1500, concurrency: 50 })],
    ['pass-through, streamed', () => firstTokens(product, { total: options.quick ? 5 : 30, council: false })],
    ['council of 4, streamed', () => firstTokens(product, { total: options.quick ? 5 : 20, council: true })],
  ];
  const rows: Row[] = [];
  await warmUp(product, options.quick ? 10 : 60);
  for (const [name, measure] of scenarios) {
    if (options.only !== null && !name.includes(options.only)) continue;
    const runs: Record<string, number>[] = [];
    for (let run = 0; run < options.runs; run += 1) {
      const figures = await measure();
      process.stderr.write(`${name} (${run + 1}/${options.runs}): ${Object.entries(figures).map(([key, value]) => `${key} ${value.toFixed(1)}`).join(', ')}\n`);
      runs.push(figures);
    }
    rows.push({ name, figures: Object.fromEntries(Object.keys(runs[0] ?? {}).map((key) => [key, median(runs.map((figures) => figures[key] ?? Number.NaN))])) });
  }
  return rows;
}

function councilRequest(): Record<string, unknown> {
  return { model: 'composite/council/openai/gpt-4o', council_models: members, messages: question() };
}

function question(): { role: 'user'; content: string }[] {
  asked += 1;
  return [{ role: 'user', content: `Question ${asked}: compare event sourcing with change data capture for an audit log, and say which one a small team should choose.` }];
}

async function warmUp(product: RunningProduct, total: number): Promise<void> {
  await driveLoad({ total, concurrency: 10, send: async () => (await postJson(`${product.apiUrl}/v1/chat/completions`, councilRequest())).durationMs });
  await driveLoad({ total: total * 5, concurrency: 20, send: async () => (await postJson(`${product.apiUrl}/v1/chat/completions`, { model: 'openai/gpt-4o-mini', messages: question() })).durationMs });
}

async function councils(product: RunningProduct, load: { total: number; concurrency: number }): Promise<Record<string, number>> {
  return measured(product, load, async () => (await postJson(`${product.apiUrl}/v1/chat/completions`, councilRequest())).durationMs);
}

async function passThrough(product: RunningProduct, load: { total: number; concurrency: number }): Promise<Record<string, number>> {
  const direct = await driveLoad({
    total: Math.min(load.total, 60), concurrency: 1,
    send: async () => (await postJson(`${product.simulatedUrl}/openai/v1/chat/completions`, { model: 'gpt-4o-mini', messages: question() })).durationMs,
  });
  const figures = await measured(product, load, async () => (await postJson(`${product.apiUrl}/v1/chat/completions`, { model: 'openai/gpt-4o-mini', messages: question() })).durationMs);
  return { ...figures, 'added p50 ms': (figures['p50 ms'] ?? Number.NaN) - quantile(direct.durationsMs, 0.5) };
}

/** Runs a load and tells its times and what each part spent on it. */
async function measured(product: RunningProduct, load: { total: number; concurrency: number }, send: () => Promise<number>): Promise<Record<string, number>> {
  const before = processorOf(product);
  const clientBefore = process.cpuUsage();
  const result = await driveLoad({ ...load, send });
  const after = processorOf(product);
  const client = process.cpuUsage(clientBefore);
  const each = (part: Part): number => ((after[part] - before[part]) * 1000) / load.total;
  return {
    'p50 ms': quantile(result.durationsMs, 0.5),
    'p95 ms': quantile(result.durationsMs, 0.95),
    'per second': result.perSecond,
    ...Object.fromEntries(parts.map((part) => [`${part} CPU ms`, each(part)])),
    'client CPU ms': (client.user + client.system) / 1000 / load.total,
    'all CPU ms': parts.reduce((sum, part) => sum + each(part), 0),
    'api MB': residentMegabytes(product.pids.api),
    'worker MB': residentMegabytes(product.pids.worker),
  };
}

function processorOf(product: RunningProduct): Record<Part, number> {
  // One entry for each part, by construction.
  return Object.fromEntries(parts.map((part) => [part, processorSeconds(product.pids[part])])) as Record<Part, number>;
}

/** How long after the provider wrote the first token of the final stage it reached the client; the provider streams 100 tokens/s. */
async function firstTokens(product: RunningProduct, { total, council }: { total: number; council: boolean }): Promise<Record<string, number>> {
  await control(product, { defaults: { tokensPerSecond: 100 } });
  const delays: number[] = [];
  const waits: number[] = [];
  for (let index = 0; index < total; index += 1) {
    const request = council ? councilRequest() : { model: 'openai/gpt-4o-mini', messages: question() };
    const marker = `Question ${asked}:`;
    const streamed = await postStream(`${product.apiUrl}/v1/chat/completions`, { ...request, stream: true });
    const found = (await (await fetch(`${product.simulatedUrl}/requests?task=${council ? 'synthesis' : 'answer'}&limit=1&contains=${encodeURIComponent(marker)}`)).json()) as {
      requests: { firstTextAt: number | null }[];
    };
    delays.push(streamed.firstContentAt - (found.requests[0]?.firstTextAt ?? Number.NaN));
    waits.push(streamed.firstContentAt - streamed.sentAt);
  }
  await control(product, { defaults: { tokensPerSecond: 0 } });
  return { 'first token after the provider’s, p50 ms': quantile(delays, 0.5), 'p95 ms': quantile(delays, 0.95), 'first token after the request, p50 ms': quantile(waits, 0.5) };
}

async function control(product: RunningProduct, command: unknown): Promise<void> {
  await postJson(`${product.simulatedUrl}/control`, command);
}
