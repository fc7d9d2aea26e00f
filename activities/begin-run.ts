import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import type { ModelReference } from '../domain/chat/call.js';
import type { MemberPlan, StrategyPlan } from '../domain/chat/plan.js';
import { isRetryable } from '../domain/failures/failure-code.js';
import { readGremiumFacts } from '../src/providers/gremium-facts.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import type { RunAtWork } from '../src/runs/run-state.store.js';
import type { RunMetadata } from '../src/runs/run.entity.js';
import { withHeartbeats } from './heartbeats.js';
import type { RunActivities } from './run-activities.js';
import { plainModel, runAtWork } from './run-parts.js';
import type { RunParts } from './run-parts.js';
import { toApplicationFailure } from './to-application-failure.js';

const probeTimeoutMs = 20_000;

/** The activity that begins a run. What passes by waiting does not keep it from beginning; a refused key or an unknown model does, before anything is spent. */
export function createBeginRun(parts: RunParts): RunActivities['beginRun'] {
  return async ({ runId }) => withHeartbeats(Context.current(), begin(parts, runId));
}

async function begin(parts: RunParts, runId: string): ReturnType<RunActivities['beginRun']> {
  const run = await runAtWork(parts.state, runId);
  const benchmarks = (await parts.state.benchmarks(runId)).filter(({ status }) => status !== 'succeeded').map(({ benchmark }) => benchmark);
  const begun = { benchmarks, mode: run.mode, concurrency: run.concurrency, plan: plainModel(run.plan) ? null : run.plan };
  if (run.cancelRequested) return { ...begun, benchmarks: [] };
  await parts.state.noteCode(runId, parts.codeVersion);
  await parts.state.begin(runId, { ...(await gremiumMetadata(parts, run)), judge_is_member: judgeAmong(run) });
  await Promise.all(modelsOf(run.plan).map((model) => probe(parts, model)));
  return begun;
}

async function probe({ inference }: RunParts, model: ModelReference): Promise<void> {
  try {
    await inference.runInference({ ...model, messages: [{ role: 'user', content: 'ping' }], sampling: { maxOutputTokens: 1 } }, { timeoutMs: probeTimeoutMs });
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    // One token is no answer, and some models refuse to write so few: that they were reached is enough.
    if (!isRetryable(error.code) && ['auth', 'billing', 'not_found'].includes(error.code)) throw ApplicationFailure.nonRetryable(`'${model.provider}/${model.model}' can't be called: ${error.message}`, toApplicationFailure(error).type ?? error.code);
  }
}

/** Every model of a plan, each once. */
export function modelsOf(plan: StrategyPlan): ModelReference[] {
  const seats = [...plan.members, ...plan.reviewers, ...plan.chairmen];
  const models = seats.flatMap((seat: MemberPlan) => (seat.kind === 'model' ? [seat.model] : modelsOf(seat.plan)));
  return [...new Map(models.map((model) => [`${model.provider}/${model.model}`, model])).values()];
}

/** Facts of a Gremium at the start of a run; a run that was begun before keeps what it found then. */
async function gremiumMetadata({ gremiumBaseUrl }: RunParts, { provider, metadata }: RunAtWork): Promise<RunMetadata> {
  if (!provider.startsWith('gremium') || 'gremium_version' in metadata) return {};
  return readGremiumFacts(gremiumBaseUrl);
}

function judgeAmong({ judge, plan }: RunAtWork): string | null {
  if (judge === null) return null;
  const name = `${judge.provider}/${judge.model}`;
  return modelsOf(plan).some(({ provider, model }) => `${provider}/${model}` === name) ? name : null;
}
