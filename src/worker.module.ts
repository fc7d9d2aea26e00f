import type { Logger } from 'pino';
import type pg from 'pg';
import { createAwaitJob } from '../activities/await-batch.js';
import type { BatchActivities } from '../activities/batch-activities.js';
import { createCancelJobs, createReleaseJobs } from '../activities/cancel-batch.js';
import { createCollectJob } from '../activities/collect-batch.js';
import { createMakeRealtimeCalls } from '../activities/make-realtime-calls.js';
import { createPlanRound } from '../activities/plan-round.js';
import { createRetryFailedItems } from '../activities/retry-failed-items.js';
import { createSetBatchStatus } from '../activities/set-batch-status.js';
import { createSubmitJob } from '../activities/submit-batch.js';
import type { JobParts } from '../activities/job-parts.js';
import type { MakeCallParts } from '../activities/make-call.js';
import { fileCallLog } from '../activities/call-log.js';
import type { CallLog } from '../activities/call-log.js';
import { createCallModel } from '../activities/call-model.js';
import type { ModelReference } from '../domain/chat/call.js';
import type { CompletionActivities } from '../activities/completion-activities.js';
import { createAnswerSamples } from '../activities/answer-samples.js';
import { createBeginRun } from '../activities/begin-run.js';
import { boundedBatchActivities, Places } from '../activities/few-at-once.js';
import { createFinishRun, createFinishRunBenchmark } from '../activities/finish-run.js';
import { createLoadSamples } from '../activities/load-samples.js';
import { createNextChunk, createPendingSamples, createRecordSample } from '../activities/panel-samples.js';
import type { RunActivities } from '../activities/run-activities.js';
import { runCalls } from '../activities/run-calls.js';
import type { RunParts } from '../activities/run-parts.js';
import { createRetryErrors, createSetRunStatus } from '../activities/run-rows.js';
import { createAwaitSampleBatch, createCollectSampleBatch, createCreateSampleBatch, createSteerSampleBatches } from '../activities/sample-batch.js';
import { SampleWriter } from '../activities/sample-writer.js';
import { createFinishBatch } from '../activities/finish-batch.js';
import { createLoadItems } from '../activities/load-items.js';
import { createExecuteTool } from '../activities/execute-tool.js';
import { Ledger } from '../activities/ledger.js';
import { createRecordCompletion } from '../activities/record-completion.js';
import { BatchPlanningStore } from './batches/batch-planning.store.js';
import { BatchStateStore } from './batches/batch-state.store.js';
import { JobLinesStore } from './batches/job-lines.store.js';
import { composeBatchFiles } from './batches/compose-batch-files.js';
import { ProviderJobsStore } from './batches/provider-jobs.store.js';
import { resolveBatchOptions } from './batches/resolve-batch-options.js';
import { BudgetsStore } from './budgets/budgets.store.js';
import { streamAttempt, TextPublisher } from './completions/publish-text.js';
import { RecordCompletionStore } from './completions/record-completion.store.js';
import type { Config } from './config/config.js';
import { loadModelRegistry } from './config/model-registry.js';
import { codeVersion } from './config/product-version.js';
import { createPostgresPool } from './database/postgres-pool.js';
import { ProviderGate } from './limits/provider-gate.js';
import { limitsOf } from './limits/limits-of.js';
import { ModelsService } from './models/models.service.js';
import { RegistryWatch } from './models/registry-watch.js';
import { RegistryStore } from './models/registry.store.js';
import { ProvidersService } from './providers/providers.service.js';
import { openDataset } from './datasets/open-dataset.js';
import { gremiumBaseUrl } from './providers/gremium.js';
import { sharedPool } from './providers/http-fetch.js';
import { InferenceClient } from './providers/inference-client.js';
import { RunScoresStore } from './runs/run-scores.store.js';
import { RunSamplesStore } from './runs/run-samples.store.js';
import { RunStateStore } from './runs/run-state.store.js';
import { SampleBatchesStore } from './runs/sample-batches.store.js';
import { runPolicies } from '../workflows/policies/run-policies.js';
import { batchPolicies } from '../workflows/policies/batch-policies.js';
import { gatePolicies } from '../workflows/policies/gate-policies.js';
import { callWithTextBody } from './traces/call-response.js';
import { CallsStore, rowOf } from './traces/calls.store.js';

/** Connections for ledger and outcomes: each is held for a millisecond, so a few carry hundreds of calls. */
const ledgerConnections = 10;
/** Connections for streamed text, whose rows need not survive a power cut. */
const streamConnections = 3;
/** Connections for batches: their transactions write hundreds of rows, and must not stand in the way of a completion's. */
const jobConnections = 6;
/** Jobs at a provider at the same time where no limit is written: as in models.yaml. */
const usualInflightBatches = 10;
/** Activities of batches at the same time that may hold much, such as a group of 500 results: 12 of them stay within 100 MB. */
const batchPlaces = 12;
/** Chunks of realtime calls at the same time, 16 calls each. They last as long as their provider is slow, so nobody else waits for their places. */
const chunkPlaces = 12;

/**
 * The worker's parts, composed by hand: no controllers, no HTTP, no entity metadata, so that it starts fast and every dependency of the
 * activities is on this page. It is no Nest module for that reason.
 */
export interface WorkerComposition {
  pool: pg.Pool;
  activities: CompletionActivities;
  /** Of batches and runs, on their own task queue. */
  jobActivities: BatchActivities & RunActivities & Pick<CompletionActivities, 'callModel'>;
  /** Reads what the database says of models and prices, before which models.yaml alone holds, and of how providers answer. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Builds the activities with their stores, providers and prices. */
export function composeWorker(config: Config, databaseUrl: string, log: Logger): WorkerComposition {
  const pool = createPostgresPool({ databaseUrl, size: ledgerConnections, name: 'conclave worker' });
  const streamPool = createPostgresPool({ databaseUrl, size: streamConnections, name: 'conclave worker streams', options: ['synchronous_commit=off'] });
  const publisher = new TextPublisher(streamPool);
  const models = new ModelsService(loadModelRegistry());
  const registry = new RegistryWatch({ models, store: new RegistryStore(pool), databaseUrl, warn: (message) => { log.warn(message); } });
  const providers = new ProvidersService(config);
  const limits = limitsOf(config.file.provider_limits, models);
  const gate = new ProviderGate({ pool, databaseUrl, limitsOf: limits, policy: gatePolicies[config.policy] });
  const callLog = callLogOf(config, log);
  const ledger = new Ledger(new CallsStore(pool), callLog);
  const calls: MakeCallParts & { ledger: Ledger } = {
    ledger,
    provider: (name) => providers.get(name),
    pass: gate.pass,
    price: (provider, model) => models.price(provider, model),
    acceptsImages: (provider, model) => models.supports(provider, model, 'images') !== false,
    openStream: (input, attempt) => publisher.open(input.completionId, streamAttempt(input.key, attempt)),
  };
  const activities: CompletionActivities = {
    callModel: createCallModel(calls),
    executeTool: createExecuteTool({ ledger, endpoint: (name) => toolEndpoint(config, name) }),
    recordCompletion: createRecordCompletion(new RecordCompletionStore(pool)),
  };
  const jobPool = createPostgresPool({ databaseUrl, size: jobConnections, name: 'conclave worker jobs' });
  const budgets = new BudgetsStore(jobPool);
  const jobs: JobParts = {
    jobs: new ProviderJobsStore(jobPool),
    lines: new JobLinesStore(jobPool),
    policy: batchPolicies[config.policy],
    provider: (name) => providers.get(name),
    batchPrice: (provider, model) => models.price(provider, model, 'batch'),
    acceptsImages: (provider, model) => models.supports(provider, model, 'images') !== false,
    maxInflight: ({ provider, model }) => ({ provider: limits(provider, null)?.maxInflightBatches ?? usualInflightBatches, model: limits(provider, model)?.maxInflightBatches ?? null }),
    settle: async (budgetId, jobId, spent) => {
      await budgets.settle(budgetId, jobId, spent);
    },
    pass: gate.pass,
  };
  const batchFiles = composeBatchFiles({ config, sql: jobPool, providers, models });
  const planning = new BatchPlanningStore(jobPool);
  const batchState = new BatchStateStore(jobPool);
  const batchActivities: BatchActivities = {
    loadItems: createLoadItems(batchFiles),
    finishBatch: createFinishBatch({ ...batchFiles, planning }),
    planRound: createPlanRound({
      planning,
      provider: (name) => providers.get(name),
      price: (provider, model, mode) => models.price(provider, model, mode),
      outputLimit: (provider, model) => models.find(provider, model)?.outputTokens ?? null,
      contextLimit: (provider, model) => models.find(provider, model)?.contextTokens ?? null,
      batchSupport: (provider, model) => models.find(provider, model)?.batchSupport ?? null,
      jobTokenLimit: (provider, model) => smallest(limits(provider, null)?.maxBatchInputTokens, limits(provider, model)?.maxBatchInputTokens),
      acceptsImages: (provider, model) => models.supports(provider, model, 'images') !== false,
    }),
    setBatchStatus: createSetBatchStatus(batchState),
    retryFailedItems: createRetryFailedItems(batchState),
    submitJob: createSubmitJob(jobs),
    awaitJob: createAwaitJob(jobs),
    collectJob: createCollectJob(jobs),
    makeRealtimeCalls: createMakeRealtimeCalls(jobs, calls),
    cancelJobs: createCancelJobs(jobs),
    releaseJobs: createReleaseJobs(jobs),
  };
  const state = new RunStateStore(jobPool);
  const limitsOfModel = ({ provider, model }: ModelReference) => {
    const found = models.find(provider, model);
    return { contextTokens: found?.contextTokens ?? null, outputTokens: found?.outputTokens ?? null };
  };
  const callsOfRuns = runCalls(calls, { state, budgets, limits: limitsOfModel });
  const samples = new RunSamplesStore(jobPool);
  const runPolicy = runPolicies[config.policy];
  const { max_attempts: maxAttempts, initial_delay_seconds: delaySeconds, backoff_multiplier: backoffMultiplier } = config.file.batches;
  const retry = { maxAttempts, initialDelayMs: delaySeconds * 1_000, backoffMultiplier, rateLimitDelaysMs: runPolicy.sample.rateLimitDelaysMs };
  const runs: RunParts = {
    state,
    samples,
    scores: new RunScoresStore(jobPool),
    codeVersion: codeVersion(),
    batches: new SampleBatchesStore(jobPool, resolveBatchOptions({}, config.file.batches)),
    budgets,
    writer: new SampleWriter(samples, callLog),
    calls: callsOfRuns,
    policy: runPolicy,
    retry,
    inference: new InferenceClient({
      provider: (name) => providers.get(name),
      configured: () => providers.names().filter((name) => providers.isConfigured(name)),
      models: (provider) => models.all().filter((model) => model.provider === provider),
    }),
    limits: limitsOfModel,
    openDataset: (benchmark, onProgress) => openDataset(benchmark, { home: config.home, dispatcher: sharedPool(), onProgress }),
    gremiumTimeoutMs: config.environment.GREMIUM_TIMEOUT_SECONDS * 1_000,
    gremiumBaseUrl: gremiumBaseUrl(config.environment),
  };
  return {
    pool,
    activities,
    jobActivities: { ...boundedBatchActivities(batchActivities, { places: new Places(batchPlaces), chunkPlaces: new Places(chunkPlaces) }), ...runActivitiesOf(runs), callModel: createCallModel(callsOfRuns, { knobs: retry, longestMs: runPolicy.sample.longestRetryMs }) },
    start: async () => {
      await Promise.all([registry.onModuleInit(), gate.start()]);
    },
    close: async () => {
      await gate.close();
      await registry.onModuleDestroy();
      await Promise.all([pool.end(), streamPool.end(), jobPool.end()]);
    },
  };
}

function runActivitiesOf(runs: RunParts): RunActivities {
  return {
    beginRun: createBeginRun(runs),
    loadSamples: createLoadSamples(runs),
    nextChunk: createNextChunk(runs),
    answerSamples: createAnswerSamples(runs),
    pendingSamples: createPendingSamples(runs),
    recordSample: createRecordSample(runs),
    createSampleBatch: createCreateSampleBatch(runs),
    awaitSampleBatch: createAwaitSampleBatch(runs),
    collectSampleBatch: createCollectSampleBatch(runs),
    finishRunBenchmark: createFinishRunBenchmark(runs),
    setRunStatus: createSetRunStatus(runs),
    steerSampleBatches: createSteerSampleBatches(runs),
    retryErrors: createRetryErrors(runs),
    finishRun: createFinishRun(runs),
  };
}

// The lines are those of `conclave calls export`.
function callLogOf(config: Config, log: Logger): CallLog | null {
  const path = config.environment.CALL_LOG_FILE;
  if (path === undefined) return null;
  return fileCallLog(path, (record, id) => callWithTextBody(rowOf(record, id)), (error) => {
    log.error(error, `CALL_LOG_FILE '${path}' cannot be written; calls go on without it.`);
  });
}

function smallest(...values: (number | null | undefined)[]): number | null {
  const known = values.filter((value) => typeof value === 'number');
  return known.length === 0 ? null : Math.min(...known);
}

function toolEndpoint(config: Config, name: string): { url: string; timeoutMs: number } | null {
  const tool = config.file.tools[name];
  return tool ? { url: tool.url, timeoutMs: tool.timeout_ms } : null;
}
