import { Context } from '@temporalio/activity';
import { findBenchmark } from '../domain/benchmarks/registry.js';
import { endOfBenchmark, endOfRun } from '../domain/runs/judge-run.js';
import { readGremiumFacts } from '../src/providers/gremium-facts.js';
import type { RunAtWork } from '../src/runs/run-state.store.js';
import type { RunMetadata } from '../src/runs/run.entity.js';
import { withHeartbeats } from './heartbeats.js';
import type { RunActivities } from './run-activities.js';
import { runAtWork } from './run-parts.js';
import type { RunParts } from './run-parts.js';

/** The activity that ends a benchmark by what its samples came to. What another version of the product scored before it is scored anew: one rule for all answers. */
export function createFinishRunBenchmark({ state, samples, scores, codeVersion }: RunParts): RunActivities['finishRunBenchmark'] {
  return ({ runId, benchmark: name, failure }) => {
    let scored = 0;
    const finish = async (): ReturnType<RunActivities['finishRunBenchmark']> => {
      await state.noteCode(runId, codeVersion);
      const benchmark = findBenchmark(name);
      if (benchmark) await scores.align(runId, benchmark, (count) => { scored = count; });
      const end = endOfBenchmark(await samples.counts(runId, name), failure);
      await state.endBenchmark(runId, name, end.status, end.reason);
      return { status: end.status };
    };
    return withHeartbeats(Context.current(), finish(), () => ({ scored }));
  };
}

/** The activity that ends a run. Whatever it is repeated after, it ends the same way: canceled is terminal. */
export function createFinishRun(parts: RunParts): RunActivities['finishRun'] {
  return async ({ runId, canceled, failure }) => {
    const { state, samples, budgets } = parts;
    const run = await runAtWork(state, runId);
    if (canceled || run.cancelRequested) {
      await state.requestCancel(runId);
      await state.settleCanceled(runId);
    } else if (failure) await state.skipPending(runId, failure);
    const benchmarks = await state.benchmarks(runId);
    const end = failure ? { status: 'failed' as const, reason: { code: failure.code, message: failure.message } } : endOfRun(benchmarks);
    const status = await state.finish(runId, { ...end, status: canceled ? 'canceled' : end.status, metadata: await changeOf(parts, run) });
    if (run.budgetId !== null) await budgets.release(run.budgetId, `${run.id}.`);
    const { samples: count, errors } = await samples.counts(runId);
    return { status, samples: count, errors };
  };
}

/** What a Gremium says of itself now, where it differs from the start of the run. */
async function changeOf({ gremiumBaseUrl }: RunParts, { provider, metadata }: RunAtWork): Promise<RunMetadata> {
  if (!provider.startsWith('gremium')) return {};
  const { gremium_version, gremium_participants, gremium_note } = await readGremiumFacts(gremiumBaseUrl);
  if (gremium_note != null) return { gremium_end_note: gremium_note };
  const before = JSON.stringify([metadata.gremium_version ?? null, metadata.gremium_participants ?? null]);
  return JSON.stringify([gremium_version, gremium_participants]) === before ? {} : { gremium_changed: { gremium_version, gremium_participants } };
}
