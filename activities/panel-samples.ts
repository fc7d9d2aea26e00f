import { sampleSeed } from '../domain/runs/sample-seed.js';
import { untilDatabaseAnswers } from '../src/database/until-database-answers.js';
import type { RunActivities, Stop } from './run-activities.js';
import { benchmarkNamed, resultOf, runAtWork } from './run-parts.js';
import type { RunParts } from './run-parts.js';

/** Milliseconds one attempt waits for a database that is away; Temporal makes further attempts until it is back. */
const patienceMs = 2_000;

/** The local activity that finds the next chunk. */
export function createNextChunk({ state, samples }: RunParts): RunActivities['nextChunk'] {
  return ({ runId, benchmark, from, size }) =>
    untilDatabaseAnswers(async () => ({ chunk: await samples.nextChunk(runId, benchmark, from, size), stop: stopOf(await state.look(runId)) }), { patienceMs });
}

/** The local activity that names the pending samples of a panel's chunk, each with its seed. */
export function createPendingSamples({ state, samples }: RunParts): RunActivities['pendingSamples'] {
  return ({ runId, benchmark, from, to }) =>
    untilDatabaseAnswers(async () => {
      const run = await runAtWork(state, runId);
      const heads = await samples.pendingHeads(runId, benchmark, { from, to });
      const seeded = heads.map(({ id, itemId, epoch }) => ({ id, seed: sampleSeed(run.subset.seed, { benchmark, itemId, epoch }) }));
      return { samples: seeded, stop: stopOf(run.cancelRequested ? 'cancel' : run.status === 'paused' ? 'pause' : null) };
    }, { patienceMs });
}

/** The local activity that scores and records what a panel decided; it tells whether to go on. */
export function createRecordSample({ state, samples }: RunParts): RunActivities['recordSample'] {
  return ({ runId, sampleId, outcome, latencyMs }) =>
    untilDatabaseAnswers(async () => {
      const sample = await samples.find(sampleId);
      // Deleted with its run.
      if (!sample) return { stop: { by: 'cancel' as const } };
      const [, benchmark = ''] = sampleId.split('.');
      await samples.finish([resultOf(benchmarkNamed(benchmark), sample, outcome, { latencyMs })]);
      if (!outcome.ok && outcome.failure.code === 'upstream_auth') return { stop: { by: 'failed' as const, reason: { code: 'auth', message: outcome.failure.message } } };
      return { stop: stopOf(await state.look(runId)) };
    }, { patienceMs });
}

function stopOf(found: 'cancel' | 'pause' | null): Stop | null {
  return found === null ? null : { by: found };
}
