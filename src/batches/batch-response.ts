import { z } from 'zod';
import { batchModes, batchStatuses, isFinal, providerJobStatuses } from '../../domain/batches/batch-status.js';
import { costInUsd } from '../../domain/pricing/cost-in-usd.js';
import { usageOf, type BatchJob, type BatchUsage, type ItemCounts, type SplitUsage } from './batch-reads.store.js';
import type { BatchRow } from './batches.store.js';

const count = z.int().min(0);
const moment = z.string().nullable();
const reason = z.object({ code: z.string(), message: z.string() }).nullable();
const usage = z.object({
  input_tokens: count,
  output_tokens: count,
  cached_input_tokens: count,
  reasoning_tokens: count,
  cost_usd: z.number().nullable().describe('Of the calls whose cost is known; null: of none'),
  cost_known: z.boolean(),
});

const jobSchema = z.object({
  id: z.string(),
  provider: z.string(),
  model: z.string(),
  mode: z.enum(batchModes),
  round: count,
  status: z.enum(providerJobStatuses),
  provider_state: z.string().nullable().describe("The provider's own word"),
  reference: z.string().nullable().describe("The provider's id of the job"),
  lines: count,
  succeeded: count,
  failed: count,
  cost_usd: z.number().nullable().describe('Of its answers whose cost is known; null: of none'),
  cost_known: z.boolean(),
  created_at: z.string(),
  submitted_at: moment,
  ended_at: moment,
  age_seconds: count,
  poll_count: count,
  reason,
});

/** A batch as lists show it. */
export const listedBatchSchema = z
  .object({
    id: z.string(),
    object: z.literal('batch'),
    status: z.enum(batchStatuses),
    reason,
    mode: z.enum(batchModes),
    next_mode: z.enum(batchModes).nullable(),
    model: z.string().nullable().describe('Of items that name none'),
    created_at: z.string(),
    started_at: moment,
    finished_at: moment,
    tags: z.array(z.string()),
    metadata: z.record(z.string(), z.union([z.string(), z.boolean()])),
    simulated: z.boolean(),
    counts: z.object({ total: count, pending: count, succeeded: count, failed: count, canceled: count }),
    usage: z.object({ initial: usage, retry: usage.describe('Of attempts after the first'), total: usage }),
    cost_cap_usd: z.number().nullable(),
    reserved_usd: z.number().nullable().describe('Of the cap, for what is under way'),
    input_file_id: z.string(),
    output_file_id: z.string().nullable(),
    error_file_id: z.string().nullable(),
    input_faults: z.array(z.object({ line: z.int(), custom_id: z.string().nullable(), code: z.string(), message: z.string(), param: z.string().nullable() })).nullable(),
  })
  .meta({ id: 'ListedBatch' });
export type ListedBatchBody = z.infer<typeof listedBatchSchema>;

export const batchSchema = listedBatchSchema
  .extend({
    jobs: z.array(jobSchema),
    eta_seconds: count.nullable().describe('At the pace so far; null: unknown'),
    resumes_at: moment.describe('When a pause ends by itself'),
  })
  .meta({ id: 'Batch' });
export type BatchBody = z.infer<typeof batchSchema>;

export const batchPageSchema = z.object({ data: z.array(listedBatchSchema), next_cursor: z.string().nullable() }).meta({ id: 'BatchPage' });
export type BatchPageBody = z.infer<typeof batchPageSchema>;

/** Sums over a batch's items and calls. */
export interface BatchSums {
  counts: ItemCounts;
  usage: SplitUsage;
}

/** A batch as lists show it. */
export function listedBatchBody(batch: BatchRow, { counts, usage: used }: BatchSums): ListedBatchBody {
  return {
    id: batch.id,
    object: 'batch',
    status: batch.status,
    reason: batch.reason,
    mode: batch.mode,
    next_mode: batch.nextMode,
    model: batch.defaults.model,
    created_at: batch.createdAt.toISOString(),
    started_at: iso(batch.startedAt),
    finished_at: iso(batch.finishedAt),
    tags: batch.tags,
    metadata: batch.metadata,
    simulated: batch.simulated,
    counts: { total: batch.itemCount ?? counts.pending + counts.succeeded + counts.failed + counts.canceled, ...counts },
    usage: { initial: usageBody(used.initial), retry: usageBody(used.retry), total: usageBody(sum(used.initial, used.retry)) },
    cost_cap_usd: usd(batch.costCapNanoUsd),
    reserved_usd: usd(batch.reservedNanoUsd),
    input_file_id: batch.inputFileId,
    output_file_id: batch.outputFileId,
    error_file_id: batch.errorFileId,
    input_faults: batch.inputFaults?.map(({ line, customId, code, message, param }) => ({ line, custom_id: customId, code, message, param })) ?? null,
  };
}

/** A batch with its jobs. */
export function batchBody(batch: BatchRow, sums: BatchSums, rest: { jobs: readonly BatchJob[]; resumesAt: string | null; now: number }): BatchBody {
  const { jobs, resumesAt, now } = rest;
  return { ...listedBatchBody(batch, sums), jobs: jobs.map((job) => jobBody(job, now)), eta_seconds: etaSeconds(batch, sums.counts, jobs, now), resumes_at: resumesAt };
}

function jobBody(job: BatchJob, now: number): BatchBody['jobs'][number] {
  const { lastStatus } = job;
  const isOver = job.status === 'collected' || job.status === 'failed' || job.status === 'canceled';
  // Until its results are read the provider's own count is what is known.
  const succeeded = Math.max(job.succeeded, isOver ? 0 : (lastStatus?.succeeded ?? 0));
  return {
    id: job.id,
    provider: job.provider,
    model: job.model,
    mode: job.mode,
    round: job.round,
    status: job.status,
    provider_state: lastStatus?.providerState ?? null,
    reference: job.reference,
    lines: job.lines,
    succeeded,
    failed: isOver ? Math.max(0, job.lines - succeeded) : (lastStatus?.failed ?? 0),
    cost_usd: costInUsd(job),
    cost_known: job.costKnown,
    created_at: job.createdAt.toISOString(),
    submitted_at: iso(job.submittedAt),
    ended_at: iso(job.endedAt),
    age_seconds: Math.max(0, Math.round(((job.endedAt?.getTime() ?? now) - (job.submittedAt ?? job.createdAt).getTime()) / 1000)),
    poll_count: job.pollCount,
    reason: job.reason,
  };
}

// By lines of jobs, which move while items wait for their last stage.
function etaSeconds(batch: BatchRow, counts: ItemCounts, jobs: readonly BatchJob[], now: number): number | null {
  if (isFinal(batch.status) || batch.status === 'paused' || batch.startedAt === null || counts.pending === 0) return null;
  const bodies = jobs.map((job) => jobBody(job, now));
  const total = bodies.reduce((lines, job) => lines + job.lines, 0);
  const done = bodies.reduce((lines, job) => lines + job.succeeded + job.failed, 0);
  return done === 0 || done >= total ? null : Math.round(((now - batch.startedAt.getTime()) / 1000) * ((total - done) / done));
}

function sum(left: BatchUsage, right: BatchUsage): BatchUsage {
  return usageOf({
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cachedInputTokens: left.cachedInputTokens + right.cachedInputTokens,
    reasoningTokens: left.reasoningTokens + right.reasoningTokens,
    costNanoUsd: left.costNanoUsd + right.costNanoUsd,
    costKnown: left.costKnown && right.costKnown,
  });
}

function usageBody(used: BatchUsage): z.infer<typeof usage> {
  return {
    input_tokens: used.inputTokens,
    output_tokens: used.outputTokens,
    cached_input_tokens: used.cachedInputTokens,
    reasoning_tokens: used.reasoningTokens,
    cost_usd: costInUsd(used),
    cost_known: used.costKnown,
  };
}

function usd(nanoUsd: number | null): number | null {
  return nanoUsd === null ? null : nanoUsd / 1e9;
}

function iso(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
