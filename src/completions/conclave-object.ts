import type { ConclaveOptions } from '../../domain/chat/conclave-extensions.js';
import { costInUsd } from '../../domain/pricing/cost-in-usd.js';
import type { CompletedRecord } from './completion-record.js';

/** What of a request shapes how its answer is told. */
export interface AnswerContext {
  /** The request found a completion of its own: a repetition that costs nothing. */
  attached: boolean;
  options: ConclaveOptions;
}

/** The `conclave` object of an answer: what a client may want to know beyond the vendors' fields. */
export function conclaveObject(record: CompletedRecord, { attached, options }: AnswerContext): Record<string, unknown> {
  const { decision } = record;
  return {
    completion_id: record.id,
    strategy: record.strategy,
    ...(record.panel === null ? {} : { panel: record.panel }),
    calls: record.callCount,
    cost_usd: costInUsd(record),
    cost_known: record.costKnown,
    attached,
    degraded: decision.degraded,
    missing: decision.missing.map(({ stage, member, failure }) => ({ stage, member, code: failure.code, message: failure.message })),
    stage_reached: decision.stageReached,
    agreement: decision.agreement,
    source: decision.source,
    ...(record.simulated ? { simulated: true } : {}),
    usage: {
      input_tokens: record.inputTokens,
      output_tokens: record.outputTokens,
      cached_input_tokens: record.cachedInputTokens,
      reasoning_tokens: record.reasoningTokens,
      final_input_tokens: record.finalInputTokens,
      final_output_tokens: record.finalOutputTokens,
    },
    ...trace(record, options.trace ?? 'none'),
  };
}

/** Nano-USD as decimal dollars, without an exponent. */
export function costText(costNanoUsd: number): string {
  return (costNanoUsd / 1e9).toFixed(9).replace(/\.?0+$/, '');
}

function trace({ decision }: CompletedRecord, level: NonNullable<ConclaveOptions['trace']>): Record<string, unknown> {
  if (level === 'none') return {};
  const candidates = decision.candidates.map(({ text, ...facts }) => (level === 'full' ? { ...facts, text } : facts));
  const ballots = decision.ballots.map(({ reviewer, key, rejected, ...votes }) => ({ reviewer, key, ...(rejected === undefined ? {} : { rejected }), ...(level === 'full' ? votes : {}) }));
  return { trace: { acting_model: decision.actingModel, statistics: decision.statistics, candidates, ballots } };
}
