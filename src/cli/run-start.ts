import { z } from 'zod';
import { ask } from './api-client.js';
import { plural } from './figures.js';
import type { Server } from './find-server.js';
import { isConfirmed } from './is-confirmed.js';
import { benchmarkListOnWire, type ListedBenchmark } from './run-wire.js';

/** Options of `conclave run` that say what is measured. */
export interface StartOptions {
  model?: string;
  panel?: string;
  provider?: string;
  limit?: number;
  percent?: number;
  seed?: string;
  epochs?: number;
  mode?: string;
  concurrency?: number;
  maxCost?: number;
  maxTokensTotal?: number;
  temperature?: number;
  maxTokens?: number;
  system?: string;
  judge?: { provider: string; model: string };
  gremiumCost?: unknown;
  tag?: string[];
  idempotencyKey?: string;
  yes?: boolean;
}

/** More samples than these without a limit of cost or tokens are asked about first. */
const confirmAbove = 1_000;

/** Starts a run; returns its id with what the API answered. Null: the person at the terminal did not want it. */
export async function startRun(server: Server, benchmarks: readonly string[], options: StartOptions): Promise<{ id: string; body: unknown } | null> {
  if (!(await isWanted(server, benchmarks, options))) return null;
  const headers: Record<string, string> = options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
  const body: unknown = await (await ask(server, '/api/runs', { method: 'POST', body: runRequest(benchmarks, options), headers })).json();
  return { id: z.object({ id: z.string() }).parse(body).id, body };
}

/** Body of `POST /api/runs` for these options. */
export function runRequest(benchmarks: readonly string[], options: StartOptions): Record<string, unknown> {
  const { model, panel, provider, limit, percent, seed, epochs, mode, concurrency, maxCost, maxTokensTotal, temperature, maxTokens, system, judge, gremiumCost, tag } = options;
  const config = defined({ temperature, max_tokens: maxTokens, system_prompt: system, cost: gremiumCost });
  const asked = { model_id: model, panel, provider, subset_count: limit, subset_pct: percent, subset_seed: seed, epochs, mode, concurrency, cost_cap_usd: maxCost, token_cap: maxTokensTotal, judge, tags: tag };
  return {
    selected_benchmarks: benchmarks,
    ...defined(asked),
    ...(Object.keys(config).length > 0 && { config }),
    cli_model_override: model !== undefined,
    cli_provider_override: provider !== undefined,
  };
}

/** How many samples these options ask for, as far as the benchmarks are known. */
export function samplesOf(known: readonly ListedBenchmark[], benchmarks: readonly string[], { limit, percent, epochs = 1 }: StartOptions): number {
  const counts = known.filter(({ name }) => benchmarks.includes(name)).map(({ items }) => items);
  const ofOne = (count: number): number => (limit !== undefined ? Math.min(limit, count) : percent !== undefined ? Math.ceil((count * percent) / 100) : count);
  return epochs * counts.reduce((sum, count) => sum + ofOne(count), 0);
}

async function isWanted(server: Server, benchmarks: readonly string[], options: StartOptions): Promise<boolean> {
  if (options.yes === true || options.maxCost !== undefined || options.maxTokensTotal !== undefined) return true;
  const { data } = benchmarkListOnWire.parse(await (await ask(server, '/api/benchmarks')).json());
  const samples = samplesOf(data, benchmarks, options);
  if (samples <= confirmAbove) return true;
  const what = `${plural(samples, 'sample')} of ${options.model ?? options.panel ?? options.provider ?? 'the default model'} without a limit of cost`;
  return isConfirmed(`${what}. Start?`, `${what}. So many need a confirmation: add --yes, --max-cost, --max-tokens-total or --limit.`);
}

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
