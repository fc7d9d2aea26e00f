import { z } from 'zod';
import { datasetManifestSchema, differenceSchema } from './dataset-schemas.js';

/** Version of `results.json` and `manifest.json`; the first number changes when a reader of the old one would misread the new one. */
export const exportSchemaVersion = '1.0';

const isoTime = z.string();
const verdict = z.enum(['correct', 'incorrect', 'unextracted']);
const nanoUsd = z.int().nullable().describe('Nano-USD; null: unknown');
const interval = z.tuple([z.number(), z.number()]).nullable();

const categorySummary = z.object({ samples: z.int(), accuracy: z.number().nullable() });

/** What a run, or one of its benchmarks, came to. Shares are in [0, 1]; null where there is nothing to divide by. */
export const summarySchema = z.object({
  samples: z.int().describe('All that were to be answered'),
  done: z.int(),
  correct: z.int(),
  incorrect: z.int(),
  unextracted: z.int(),
  errors: z.int().describe('Without an answer: neither right nor wrong'),
  accuracy: z.number().nullable().describe('Mean score of the samples that were answered; errors are not counted as wrong'),
  wilson_95: interval.describe("Wilson's interval of accuracy; of single samples, so too narrow with several epochs"),
  standard_error: z.number().nullable().describe('Clustered by item where there are several epochs'),
  coverage: z.number().nullable().describe('Share of the samples that were answered'),
  error_rate: z.number().nullable(),
  unextracted_rate: z.number().nullable(),
  also: z.record(z.string(), z.number()).describe('Share of right answers by further readings, such as `strict`'),
  by_category: z.record(z.string(), categorySummary),
  by_group: z.record(z.string(), categorySummary).optional().describe('Categories summed up, such as the subjects of MMLU; missing: the benchmark has no groups'),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cost_nano_usd: z.int().describe('Of all calls whose cost is known'),
  cost_known: z.boolean(),
  mean_latency_ms: z.number().nullable(),
});
export type RunSummary = z.infer<typeof summarySchema>;

/** One sample with everything it was made of. */
export const sampleSchema = z.object({
  ordinal: z.int(),
  item_id: z.string(),
  epoch: z.int(),
  category: z.string().nullable(),
  status: z.enum(['pending', 'done', 'error', 'canceled']),
  messages: z.array(z.unknown()).describe('The exact prompt'),
  parameters: z.record(z.string(), z.unknown()),
  choice_order: z.array(z.int()).nullable(),
  expected: z.string(),
  answer: z.string().nullable(),
  finish_reason: z.string().nullable(),
  extracted: z.string().nullable(),
  verdict: verdict.nullable(),
  score: z.number().nullable(),
  also: z.record(z.string(), verdict).nullable(),
  scorer_version: z.string().nullable(),
  judge: z.unknown().nullable().describe('Evidence of a judge; null where none took part'),
  decision: z.unknown().nullable().describe('How a panel decided; null for a plain model'),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  latency_ms: z.int().nullable(),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cost_nano_usd: nanoUsd,
  calls: z.int(),
  token_changes: z.array(z.unknown()).nullable(),
  finished_at: isoTime.nullable(),
});
export type RunDocumentSample = z.infer<typeof sampleSchema>;

/** One benchmark of a run without its samples. */
export const benchmarkBlockSchema = z.object({
  name: z.string(),
  display_name: z.string(),
  status: z.string(),
  reason: z.object({ code: z.string(), message: z.string() }).nullable(),
  badge: z.enum(['official', 'simplified']),
  differences: z.array(differenceSchema),
  metric: z.string(),
  scorer_version: z.string().nullable(),
  dataset: datasetManifestSchema.nullable(),
  prompt_hash: z.string().nullable(),
  summary: summarySchema,
});
export type RunDocumentBenchmark = z.infer<typeof benchmarkBlockSchema>;

/** A run without its benchmarks. Nothing here is secret. */
export const runBlockSchema = z.object({
  id: z.string(),
  status: z.string(),
  reason: z.object({ code: z.string(), message: z.string() }).nullable(),
  provider: z.string(),
  model: z.string(),
  strategy: z.string(),
  panel: z.object({ name: z.string(), version: z.int() }).nullable(),
  plan: z.unknown().describe('Members, reviewers, chairmen and options'),
  mode: z.enum(['batch', 'realtime']),
  subset: z.object({ seed: z.string(), percent: z.number().nullable(), count: z.int().nullable(), algorithm: z.string() }),
  epochs: z.int(),
  judge: z.object({ provider: z.string(), model: z.string() }).nullable(),
  config: z.record(z.string(), z.unknown()),
  tags: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  price_snapshot: z.record(z.string(), z.unknown()),
  code_version: z.string(),
  simulated: z.boolean(),
  created_at: isoTime,
  started_at: isoTime.nullable(),
  finished_at: isoTime.nullable(),
  summary: summarySchema,
});
export type RunDocumentRun = z.infer<typeof runBlockSchema>;

/** `results.json`: a whole run. */
export const runDocumentSchema = z.object({
  schema_version: z.string(),
  run: runBlockSchema,
  benchmarks: z.array(benchmarkBlockSchema.extend({ samples: z.array(sampleSchema) })),
});
export type RunDocument = z.infer<typeof runDocumentSchema>;

/** A run as exports read it: blocks at once, samples as a stream in the order of their ordinals. */
export interface ExportableRun {
  run: RunDocumentRun;
  benchmarks: RunDocumentBenchmark[];
  samples: (benchmark: string) => AsyncIterable<RunDocumentSample>;
}
