import { CancellationScope, isCancellation, patched, proxyLocalActivities } from '@temporalio/workflow';
import type { RunActivities, Stop } from '../activities/run-activities.js';
import { planWithSeed } from '../domain/batches/plan-with-seed.js';
import type { CompletionOutcome } from '../domain/chat/decision.js';
import type { StrategyPlan } from '../domain/chat/plan.js';
import { answerEach, type Decided } from './answer-each.js';
import { createPanelContext, runStrategy } from './consensus/panel-context.js';
import type { RunChunkInput } from './messages/run-messages.js';
import { runLocalOptions, runPolicies } from './policies/run-policies.js';
import { createSampleHost } from './sample-context.js';

type ChunkActivities = Pick<RunActivities, 'pendingSamples' | 'recordSample'>;

/** Some samples of a panel: the very strategy that answers requests, for each of them, some at a time. Returns why it stopped early, if it did. */
export async function benchmarkChunkWorkflow(input: RunChunkInput): Promise<Stop | null> {
  const policy = runPolicies[input.policy];
  const { pendingSamples, recordSample } = proxyLocalActivities<ChunkActivities>(runLocalOptions(policy));
  const { runId, benchmark, from, to } = input;
  const pending = await pendingSamples({ runId, benchmark, from, to });
  const record = async (sampleId: string, outcome: CompletionOutcome, startedAt: number): Promise<Stop | null> => (await recordSample({ runId, sampleId, outcome, latencyMs: Date.now() - startedAt })).stop;
  if (!patched('2026-11-samples-under-way-are-recorded')) return answerAsBefore(input, pending, record);
  const startedAt = new Map<string, number>();
  const { stop, recorded } = await answerEach(pending.samples, {
    concurrency: input.concurrency,
    stop: pending.stop,
    decide: (sample) => {
      startedAt.set(sample.id, Date.now());
      return decide(input, sample, Date.now() + policy.sample.timeoutMs);
    },
    record: (sample, outcome) => record(sample.id, outcome, startedAt.get(sample.id) ?? Date.now()),
  });
  return stop?.by === 'hold' ? { ...stop, progressed: recorded > 0 } : stop;
}

// Chunks that were begun by the product before: they may forget a stop, and record no sample that ends after it.
async function answerAsBefore(input: RunChunkInput, pending: Awaited<ReturnType<ChunkActivities['pendingSamples']>>, record: (sampleId: string, outcome: CompletionOutcome, startedAt: number) => Promise<Stop | null>): Promise<Stop | null> {
  let stop = pending.stop;
  const waiting = [...pending.samples];
  const work = async (): Promise<void> => {
    for (let sample = waiting.shift(); sample && !stop; sample = waiting.shift()) {
      const startedAt = Date.now();
      const decided = await decide(input, sample, startedAt + runPolicies[input.policy].sample.timeoutMs);
      if ('stop' in decided) stop ??= decided.stop;
      else stop ??= await record(sample.id, decided.outcome, startedAt);
    }
  };
  await Promise.all(Array.from({ length: input.concurrency }, work));
  return stop;
}

/** The outcome, or why one of its calls was refused: such a sample is asked again, and what it has been told already is in the ledger. Rejects when canceled. */
async function decide(input: RunChunkInput, sample: { id: string; seed: number }, deadlineAt: number): Promise<Decided<CompletionOutcome>> {
  const plan = planWithSeed(patient(input.plan, runPolicies[input.policy].sample.timeoutMs), sample.seed);
  const stops: Stop[] = [];
  const host = createSampleHost({ sampleId: sample.id, runId: input.runId, policy: input.policy }, (stop) => stops.push(stop));
  const context = createPanelContext({ host, plan, path: '', depth: 0, deadlineAt, onEvent: () => undefined });
  let outcome: CompletionOutcome;
  try {
    outcome = await Promise.race([runStrategy(plan, context), CancellationScope.current().cancelRequested]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    outcome = { ok: false, failure: { code: 'internal', message: `The strategy failed: ${error instanceof Error ? error.message : String(error)}`, missing: [], stageReached: null } };
  }
  const [stop] = stops;
  return stop ? { stop } : { outcome };
}

/** A result must not depend on who was slow: every member is heard until the sample's own time is over. */
function patient(plan: StrategyPlan, timeoutMs: number): StrategyPlan {
  const seat = (member: StrategyPlan['members'][number]): StrategyPlan['members'][number] => (member.kind === 'panel' ? { ...member, plan: patient(member.plan, timeoutMs) } : member);
  return {
    ...plan,
    members: plan.members.map(seat),
    reviewers: plan.reviewers.map(seat),
    chairmen: plan.chairmen.map(seat),
    options: { ...plan.options, deadlineMs: timeoutMs, grace: { ratio: 0, minMs: timeoutMs, maxMs: timeoutMs } },
  };
}
