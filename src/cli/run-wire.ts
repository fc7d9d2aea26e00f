import { z } from 'zod';

const count = z.number();
const moment = z.string().nullish();
const share = z.number().nullish();
const interval = z.tuple([z.number(), z.number()]).nullish();
const reason = z.object({ code: z.string(), message: z.string() }).nullish();

const benchmark = z.object({
  name: z.string(),
  display_name: z.string(),
  status: z.string(),
  reason,
  samples: count,
  done: count,
  unextracted: count,
  errors: count,
  accuracy: share,
  wilson_95: interval,
  standard_error: share,
  input_tokens: count,
  output_tokens: count,
  cost_usd: z.number().nullable(),
  cost_known: z.boolean(),
  rate_per_second: share,
  eta_seconds: share,
  batch_id: z.string().nullish(),
  also: z.record(z.string(), z.number()).nullish(),
});
export type BenchmarkOnWire = z.infer<typeof benchmark>;

/** A run as the commands read it from the API. */
export const runOnWire = z.object({
  id: z.string(),
  status: z.string(),
  reason,
  provider: z.string(),
  model: z.string(),
  strategy: z.string(),
  mode: z.string(),
  subset: z.object({ seed: z.string(), percent: share, count: share }),
  epochs: count,
  cost_cap_usd: share,
  token_cap: share,
  tags: z.array(z.string()),
  metadata: z.looseObject({ gremium_changed: z.unknown(), judge_is_member: z.string().nullish(), imported: z.unknown() }).partial(),
  simulated: z.boolean(),
  code_version: z.string(),
  created_at: z.string(),
  started_at: moment,
  finished_at: moment,
  benchmarks: z.array(benchmark),
});
export type RunOnWire = z.infer<typeof runOnWire>;

/** One benchmark that could be run. */
export const benchmarkListOnWire = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      display_name: z.string(),
      description: z.string(),
      metric: z.string(),
      badge: z.string(),
      differences: z.array(z.object({ what: z.string(), official: z.string(), here: z.string() })),
      items: count,
      dataset: z.object({ licence: z.string() }),
      verified: z.boolean().nullish(),
    }),
  ),
});
export type ListedBenchmark = z.infer<typeof benchmarkListOnWire>['data'][number];

const summary = z.object({ samples: count, done: count, errors: count, accuracy: share, wilson_95: interval, standard_error: share, cost_nano_usd: count, cost_known: z.boolean() });
const difference = z.object({
  benchmark: z.string().nullable(),
  items: count,
  mean_difference: count,
  standard_error: share,
  interval_95: interval,
  only_first_better: count,
  only_second_better: count,
  p_mcnemar: count,
  comparable: z.boolean(),
});

/** Runs side by side, and how each two differ on the samples both answered. */
export const comparisonOnWire = z.object({
  runs: z.array(z.object({ id: z.string(), provider: z.string(), model: z.string(), epochs: count, status: z.string(), summary, benchmarks: z.record(z.string(), summary) })),
  pairs: z.array(z.object({ first: z.string(), second: z.string(), differences: z.array(difference) })),
});
export type ComparisonOnWire = z.infer<typeof comparisonOnWire>;

/** One sample, as lists print it. */
export const sampleOnWire = z.object({
  id: z.string(),
  benchmark: z.string(),
  item_id: z.string(),
  epoch: count,
  status: z.string(),
  expected: z.string(),
  extracted: z.string().nullish(),
  verdict: z.string().nullish(),
  failure: reason,
});
export type SampleOnWire = z.infer<typeof sampleOnWire>;
