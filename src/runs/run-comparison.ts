import { z } from 'zod';
import { summarySchema, type ExportableRun } from '../../domain/exports/run-document.js';
import { pairedDifference } from '../../domain/statistics/paired-difference.js';
import type { PairedScores } from './run-reads.store.js';

const difference = z.object({
  benchmark: z.string().nullable().describe('null: over all benchmarks both have'),
  items: z.int().describe('That both answered'),
  mean_difference: z.number().describe('First minus second'),
  standard_error: z.number().nullable(),
  interval_95: z.tuple([z.number(), z.number()]).nullable(),
  only_first_better: z.int(),
  only_second_better: z.int(),
  p_mcnemar: z.number().describe('Exact, two-sided'),
  comparable: z.boolean().describe('Both have the same data, prompts and scorer'),
});

/** `GET /api/runs/compare`. */
export const comparisonSchema = z
  .object({
    runs: z.array(z.object({ id: z.string(), provider: z.string(), model: z.string(), strategy: z.string(), mode: z.string(), epochs: z.int(), status: z.string(), summary: summarySchema, benchmarks: z.record(z.string(), summarySchema) })),
    pairs: z.array(z.object({ first: z.string(), second: z.string(), differences: z.array(difference) })),
  })
  .meta({ id: 'RunComparison' });
export type ComparisonBody = z.infer<typeof comparisonSchema>;

/** One run beside the others. */
export function comparedRun({ run, benchmarks }: ExportableRun): ComparisonBody['runs'][number] {
  return {
    id: run.id, provider: run.provider, model: run.model, strategy: run.strategy, mode: run.mode, epochs: run.epochs, status: run.status, summary: run.summary,
    benchmarks: Object.fromEntries(benchmarks.map(({ name, summary }) => [name, summary])),
  };
}

/** Differences of two runs by benchmark, and over all of them where there are several. */
export function differencesOf(first: ExportableRun, second: ExportableRun, scores: readonly PairedScores[]): ComparisonBody['pairs'][number] {
  const single = scores.map((paired) => differenceOf(paired.benchmark, paired.first, paired.second, isComparable(first, second, paired.benchmark)));
  const all = differenceOf(null, scores.flatMap((paired) => paired.first), scores.flatMap((paired) => paired.second), single.every(({ comparable }) => comparable));
  return { first: first.run.id, second: second.run.id, differences: single.length > 1 ? [...single, all] : single };
}

function differenceOf(benchmark: string | null, first: readonly number[], second: readonly number[], comparable: boolean): ComparisonBody['pairs'][number]['differences'][number] {
  const found = pairedDifference(first, second);
  return {
    benchmark,
    items: found.items,
    mean_difference: found.mean,
    standard_error: found.standardError,
    interval_95: found.interval,
    only_first_better: found.onlyFirst,
    only_second_better: found.onlySecond,
    p_mcnemar: found.p,
    comparable,
  };
}

// Subsets of one seed are nested, so prompts are compared by what made them, not by the hash over all.
function isComparable(first: ExportableRun, second: ExportableRun, name: string): boolean {
  const facts = ({ run, benchmarks }: ExportableRun): string => {
    const benchmark = benchmarks.find((one) => one.name === name);
    return JSON.stringify([benchmark?.dataset?.files.map(({ sha256 }) => sha256), benchmark?.scorer_version, run.config['system_prompt'] ?? null, run.subset.seed]);
  };
  return facts(first) === facts(second);
}
