import { z } from 'zod';
import { costInUsd } from '../../domain/pricing/cost-in-usd.js';
import type { CompletionTotals, FailureTotals, ModelTotals, StageTotals } from './metrics.store.js';

const milliseconds = z.object({ p50: z.number().nullable(), p95: z.number().nullable() }).describe('Milliseconds; null where nothing succeeded');
const callTotals = z.object({
  calls: z.int().describe('Attempts'),
  failed: z.int(),
  canceled: z.int(),
  error_rate: z.number().describe('Failed attempts among all that were not canceled, 0 to 1'),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cost_usd: z.number().nullable().describe('Of the calls whose cost is known; null: of none'),
  cost_known: z.boolean(),
  latency_ms: milliseconds,
  ttft_ms: milliseconds,
  tokens_per_second: z.number().nullable(),
});

/** Figures of a time window. */
export const metricsSchema = z
  .object({
    minutes: z.int(),
    completions: z.object({
      total: z.int(),
      running: z.int(),
      completed: z.int(),
      failed: z.int(),
      canceled: z.int(),
      degraded: z.int(),
      error_rate: z.number(),
      latency_ms: milliseconds,
    }),
    calls: callTotals,
    models: z.array(callTotals.extend({ provider: z.string(), model: z.string() })),
    stages: z.array(
      z.object({
        stage: z.string(),
        calls: z.int(),
        latency_ms: milliseconds,
        bottleneck: z.object({
          provider: z.string(),
          model: z.string(),
          share: z.number().describe('Of the completions with this stage, those in which this model ended last'),
          p50_ms: z.number().nullable(),
        }),
      }),
    ),
    failures: z.array(z.object({ code: z.string(), provider: z.string(), model: z.string(), calls: z.int() })),
  })
  .meta({ id: 'MetricsSummary' });
export type MetricsBody = z.infer<typeof metricsSchema>;

/** The figures as the API shows them. */
export function metricsBody(minutes: number, totals: { completions: CompletionTotals; models: ModelTotals[]; stages: StageTotals[]; failures: FailureTotals[] }): MetricsBody {
  const { completions, models, stages, failures } = totals;
  const all = models.find((entry) => entry.provider === null);
  return {
    minutes,
    completions: {
      total: Number(completions.total),
      running: Number(completions.running),
      completed: Number(completions.completed),
      failed: Number(completions.failed),
      canceled: Number(completions.canceled),
      degraded: Number(completions.degraded),
      error_rate: ratio(Number(completions.failed), Number(completions.completed) + Number(completions.failed)),
      latency_ms: { p50: rounded(completions.p50), p95: rounded(completions.p95) },
    },
    calls: callsBody(all ?? noCalls),
    models: models.flatMap((entry) => (entry.provider === null || entry.model === null ? [] : [{ provider: entry.provider, model: entry.model, ...callsBody(entry) }])),
    stages: stages.map((entry) => ({
      stage: entry.stage,
      calls: Number(entry.calls),
      latency_ms: { p50: rounded(entry.p50), p95: rounded(entry.p95) },
      bottleneck: {
        provider: entry.bottleneck_provider,
        model: entry.bottleneck_model,
        share: ratio(Number(entry.bottleneck_times), Number(entry.completions)),
        p50_ms: rounded(entry.bottleneck_p50),
      },
    })),
    failures: failures.map((entry) => ({ code: entry.code, provider: entry.provider, model: entry.model, calls: Number(entry.calls) })),
  };
}

type CallTotals = Omit<ModelTotals, 'provider' | 'model'>;

const noCalls: CallTotals = {
  calls: '0', failed: '0', canceled: '0', input_tokens: '0', output_tokens: '0', cost_nano_usd: '0', cost_known: true,
  p50: null, p95: null, ttft_p50: null, ttft_p95: null, tokens_per_second: null,
};

function callsBody(entry: CallTotals): MetricsBody['calls'] {
  return {
    calls: Number(entry.calls),
    failed: Number(entry.failed),
    canceled: Number(entry.canceled),
    error_rate: ratio(Number(entry.failed), Number(entry.calls) - Number(entry.canceled)),
    input_tokens: Number(entry.input_tokens),
    output_tokens: Number(entry.output_tokens),
    cost_usd: costInUsd({ costNanoUsd: Number(entry.cost_nano_usd), costKnown: entry.cost_known }),
    cost_known: entry.cost_known,
    latency_ms: { p50: rounded(entry.p50), p95: rounded(entry.p95) },
    ttft_ms: { p50: rounded(entry.ttft_p50), p95: rounded(entry.ttft_p95) },
    tokens_per_second: rounded(entry.tokens_per_second),
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1e4) / 1e4;
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10;
}
