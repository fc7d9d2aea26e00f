import type { ModelReference } from '../../domain/chat/call.js';
import { estimateTokens } from '../../domain/chat/estimate-tokens.js';
import type { MemberPlan, StrategyPlan } from '../../domain/chat/plan.js';
import type { CostEstimate } from '../panels/estimate-cost.js';
import type { AssumedTokens } from '../panels/estimate-cost.js';
import type { BatchInputFault } from './batch.entity.js';
import type { NewBatchItem } from './batch-items.store.js';
import type { ReadItem } from './item-reader.js';

/** Faults that are told of one input. */
export const toldFaults = 100;

/** What reading a batch's whole input came to. */
export interface BatchSurvey {
  items: number;
  /** The first 100. */
  faults: BatchInputFault[];
  /** Faulty lines in all. */
  faultCount: number;
  simulated: boolean;
  /** Every model that may be called. */
  models: ModelReference[];
  /** Of all items, undisturbed. */
  estimate: CostEstimate;
}

/** Reads a whole input and keeps what is said of it; memory does not grow with it. */
export async function surveyItems(items: AsyncIterable<ReadItem>, estimate: (plan: StrategyPlan, tokens: Partial<AssumedTokens>) => CostEstimate): Promise<BatchSurvey> {
  const models = new Map<string, ModelReference>();
  const seen = new Set<string>();
  const survey: BatchSurvey = { items: 0, faults: [], faultCount: 0, simulated: false, models: [], estimate: { calls: 0, inputTokens: 0, outputTokens: 0, costNanoUsd: 0, costKnown: true } };
  for await (const read of items) {
    if (!read.ok) {
      survey.faultCount++;
      if (survey.faults.length < toldFaults) survey.faults.push(read.fault);
      continue;
    }
    survey.items++;
    survey.simulated ||= read.item.simulated;
    addTo(survey.estimate, estimate(read.item.plan, tokensOf(read.item)));
    if (seen.has(read.item.planHash)) continue;
    seen.add(read.item.planHash);
    for (const model of modelsOf(read.item.plan)) models.set(`${model.provider}/${model.model}`, model);
  }
  return { ...survey, models: [...models.values()] };
}

function tokensOf({ request }: NewBatchItem): Partial<AssumedTokens> {
  const answer = request.sampling.maxOutputTokens;
  return { prompt: estimateTokens(request), ...(answer === undefined ? {} : { answer }) };
}

function addTo(sum: CostEstimate, one: CostEstimate): void {
  sum.calls += one.calls;
  sum.inputTokens += one.inputTokens;
  sum.outputTokens += one.outputTokens;
  sum.costNanoUsd += one.costNanoUsd;
  sum.costKnown &&= one.costKnown;
}

function modelsOf(plan: StrategyPlan): ModelReference[] {
  const seats: MemberPlan[] = [...plan.members, ...plan.reviewers, ...plan.chairmen];
  return seats.flatMap((seat) => (seat.kind === 'model' ? [seat.model] : modelsOf(seat.plan)));
}
