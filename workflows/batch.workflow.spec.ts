import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { BatchActivities, PlannedJob, RoundPlan } from '../activities/batch-activities.js';
import { bundleWorkflows } from '../src/temporal/workflow-bundle.js';
import { startTestTemporal } from '../test/support/engines.js';
import { until } from '../test/support/until.js';
import { batchProgressQueryName, batchSignals, batchWorkflowType } from './messages/batch-messages.js';
import type { BatchProgress, BatchWorkflowInput } from './messages/batch-messages.js';

type Script = Partial<BatchActivities>;

const taskQueue = 'batch-workflow-spec';
/** What each batch's activities do; by batch id. */
const scripts = new Map<string, Script>();
/** Activities as they were called, `name` or `name:detail`; by batch id. */
const logs = new Map<string, string[]>();

let temporal: Awaited<ReturnType<typeof startTestTemporal>>;
let connection: Connection;
let native: NativeConnection;
let client: Client;
let worker: Worker;
let running: Promise<void>;

const counts = { succeeded: 1, failed: 0, canceled: 0 };

const usual: BatchActivities = {
  loadItems: () => Promise.resolve({ items: 1, faults: 0 }),
  planRound: ({ round }) => Promise.resolve(round === 0 ? plan([job('a')]) : plan([])),
  submitJob: () => Promise.resolve({ state: 'running' }),
  awaitJob: () => Promise.resolve({ state: 'ended' }),
  collectJob: () => Promise.resolve({ state: 'collected', succeeded: 1, failed: 0, missing: 0 }),
  makeRealtimeCalls: () => Promise.resolve({ state: 'collected', succeeded: 1, failed: 0 }),
  cancelJobs: () => Promise.resolve({ jobs: 0 }),
  releaseJobs: () => Promise.resolve({ lines: 0 }),
  setBatchStatus: () => Promise.resolve(),
  retryFailedItems: () => Promise.resolve({ items: 1 }),
  finishBatch: () => Promise.resolve(counts),
};

function job(jobId: string, facts: Partial<PlannedJob> = {}): PlannedJob {
  return { jobId, provider: 'openai', model: 'gpt-4o-mini', mode: 'batch', lines: 10, ...facts };
}

function plan(jobs: PlannedJob[], facts: Partial<RoundPlan> = {}): RoundPlan {
  return { jobs, pending: jobs.length, waiting: 0, heldBy: null, ...facts };
}

function activityOf<Name extends keyof BatchActivities>(name: Name): BatchActivities[Name] {
  const run = (input: Parameters<BatchActivities[Name]>[0]): Promise<unknown> => {
    const { batchId } = input;
    const detail = 'jobId' in input ? `:${input.jobId}` : 'status' in input ? `:${input.status}` : 'final' in input ? ':final' : '';
    logs.set(batchId, [...(logs.get(batchId) ?? []), `${name}${detail}`]);
    // The script of an activity takes what the activity takes.
    const scripted = (scripts.get(batchId)?.[name] ?? usual[name]) as (argument: typeof input) => Promise<unknown>;
    return scripted(input);
  };
  return run as BatchActivities[Name];
}

function start(batchId: string, script: Script, input: Partial<BatchWorkflowInput> = {}) {
  scripts.set(batchId, script);
  logs.set(batchId, []);
  return client.workflow.start(batchWorkflowType, { taskQueue, workflowId: `batch/${batchId}`, args: [{ batchId, policy: 'test', ...input }] });
}

function logOf(batchId: string): string[] {
  return logs.get(batchId) ?? [];
}

function called(batchId: string, entry: string, times = 1): Promise<unknown> {
  return until(`${entry} of ${batchId} (saw ${logOf(batchId).join(', ')})`, () => Promise.resolve(logOf(batchId).filter((seen) => seen === entry).length >= times));
}

/** A promise that a spec settles. */
function gate<Value>(): { promise: Promise<Value>; open(value: Value): void } {
  let open: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const [started, code] = await Promise.all([startTestTemporal(), bundleWorkflows()]);
  temporal = started;
  [connection, native] = await Promise.all([Connection.connect({ address: temporal.address }), NativeConnection.connect({ address: temporal.address })]);
  client = new Client({ connection });
  const names = Object.keys(usual) as (keyof BatchActivities)[];
  worker = await Worker.create({ connection: native, taskQueue, workflowBundle: { code }, activities: Object.fromEntries(names.map((name) => [name, activityOf(name)])) });
  running = worker.run();
}, 120_000);

afterAll(async () => {
  worker.shutdown();
  await running;
  await Promise.all([connection.close(), native.close()]);
  await temporal.stop();
});

describe('batchWorkflow', () => {
  it('reads, plans, carries out and ends a batch', async () => {
    const result = await (await start('plain', {})).result();
    expect(result).toEqual({ batchId: 'plain', status: 'completed', ...counts });
    expect(logOf('plain')).toEqual(['loadItems', 'planRound', 'submitJob:a', 'awaitJob:a', 'collectJob:a', 'planRound', 'finishBatch:completed']);
  });

  it('fails a batch with faulty lines before anything is planned', async () => {
    const handle = await start('faulty', { loadItems: () => Promise.resolve({ items: 0, faults: 3 }), finishBatch: () => Promise.resolve({ ...counts, succeeded: 0 }) });
    expect((await handle.result()).status).toBe('failed');
    expect(logOf('faulty')).toEqual(['loadItems', 'finishBatch:failed']);
  });

  it('waits for a slow job without a growing history', async () => {
    let looks = 0;
    const handle = await start('slow', {
      awaitJob: () => (++looks < 6 ? Promise.reject(ApplicationFailure.create({ type: 'waiting', message: 'in_progress', nextRetryDelay: 20 })) : Promise.resolve({ state: 'ended' })),
    });
    await handle.result();
    const [batch, child] = await Promise.all([handle.fetchHistory(), client.workflow.getHandle('batch/slow/job/a').fetchHistory()]);
    expect(looks).toBe(6);
    expect((batch.events?.length ?? 0) + (child.events?.length ?? 0)).toBeLessThan(70);
  });

  it('keeps every history below 200 events, however many jobs there are', async () => {
    const left = new Set(Array.from({ length: 60 }, (_, index) => `j${String(index)}`));
    const handle = await start('wide', {
      planRound: () => Promise.resolve(plan([...left].map((id) => job(id)))),
      collectJob: ({ jobId }) => {
        left.delete(jobId);
        return Promise.resolve({ state: 'collected', succeeded: 1, failed: 0, missing: 0 });
      },
    });
    expect((await handle.result()).status).toBe('completed');
    const lengths: number[] = [];
    for await (const { runId } of client.workflow.list({ query: `WorkflowId = 'batch/wide'` })) {
      const { events } = await client.workflow.getHandle('batch/wide', runId).fetchHistory();
      lengths.push(events?.length ?? 0);
    }
    expect(logOf('wide').filter((entry) => entry.startsWith('submitJob'))).toHaveLength(60);
    expect(Math.max(...lengths)).toBeLessThan(200);
  }, 120_000);

  it('has no more jobs of a provider under way than the window', async () => {
    let now = 0;
    let most = 0;
    await (
      await start('window', {
        planRound: ({ round }) => Promise.resolve(round === 0 ? plan(['a', 'b', 'c', 'd'].map((id) => job(id)), { maxInflight: 2 }) : plan([])),
        submitJob: () => {
          most = Math.max(most, ++now);
          return Promise.resolve({ state: 'running' });
        },
        collectJob: () => {
          now--;
          return Promise.resolve({ state: 'collected', succeeded: 1, failed: 0, missing: 0 });
        },
      })
    ).result();
    expect(most).toBe(2);
  });

  it('submits nothing new while it is paused, collects what is at the provider, and goes on when resumed', async () => {
    const atProvider = gate<{ state: 'ended' }>();
    const handle = await start('paused', {
      planRound: ({ round }) => Promise.resolve(round === 0 ? plan([job('a'), job('b')], { maxInflight: 1 }) : plan([])),
      awaitJob: ({ jobId }) => (jobId === 'a' ? atProvider.promise : Promise.resolve({ state: 'ended' })),
    });
    await called('paused', 'awaitJob:a');
    await handle.signal(batchSignals.pause);
    await handle.signal(batchSignals.pause);
    await called('paused', 'setBatchStatus:paused');
    atProvider.open({ state: 'ended' });
    await called('paused', 'collectJob:a');
    await until('pause', async () => (await handle.query<BatchProgress>(batchProgressQueryName)).jobsUnderWay === 0);
    expect(await handle.query<BatchProgress>(batchProgressQueryName)).toMatchObject({ pausedFor: 'user', resumesAt: null });
    expect(logOf('paused')).not.toContain('submitJob:b');
    await handle.signal(batchSignals.resume);
    expect((await handle.result()).status).toBe('completed');
    expect(logOf('paused').filter((entry) => entry === 'setBatchStatus:paused')).toHaveLength(1);
    expect(logOf('paused')).toContain('submitJob:b');
  });

  it('takes over a pause of which it has no history, and begins nothing until it is resumed', async () => {
    let isPaused = true;
    const standing = { pausedFor: { code: 'user', message: 'Paused until it is resumed.' }, nextMode: null };
    const handle = await start('lost', {
      planRound: () => Promise.resolve(logOf('lost').includes('collectJob:a') ? plan([]) : plan([job('a')], isPaused ? { standing } : {})),
      submitJob: () => Promise.resolve(isPaused ? { state: 'held', failure: null } : { state: 'running' }),
      setBatchStatus: ({ status }) => {
        isPaused = status === 'paused';
        return Promise.resolve();
      },
    });
    await called('lost', 'setBatchStatus:paused');
    expect(await handle.query<BatchProgress>(batchProgressQueryName)).toMatchObject({ pausedFor: 'user', resumesAt: null });
    expect(logOf('lost')).not.toContain('submitJob:a');
    await handle.signal(batchSignals.resume);
    expect((await handle.result()).status).toBe('completed');
  });

  it('asks its rows, instead of beginning a job for ever that finds the batch paused', async () => {
    let isPaused = false;
    const handle = await start('behind', {
      planRound: ({ round }) => Promise.resolve(round > 0 ? plan([]) : plan([job('a')], isPaused ? { standing: { pausedFor: { code: 'auth', message: 'key revoked' }, nextMode: null } } : {})),
      submitJob: () => {
        isPaused ||= !logOf('behind').includes('setBatchStatus:running');
        return Promise.resolve(isPaused ? { state: 'held', failure: null } : { state: 'running' });
      },
      setBatchStatus: ({ status }) => {
        isPaused = status === 'paused';
        return Promise.resolve();
      },
    });
    await called('behind', 'setBatchStatus:paused');
    expect((await handle.query<BatchProgress>(batchProgressQueryName)).pausedFor).toBe('auth');
    expect(logOf('behind').filter((entry) => entry === 'submitJob:a')).toHaveLength(2);
    await handle.signal(batchSignals.resume);
    expect((await handle.result()).status).toBe('completed');
  });

  it('goes on where the row was left switching', async () => {
    let mode = 'batch';
    const handle = await start('halfway', {
      planRound: () => Promise.resolve(mode === 'batch' ? plan([job('a')], { standing: { pausedFor: null, nextMode: 'realtime' } }) : logOf('halfway').includes('makeRealtimeCalls:r') ? plan([]) : plan([job('r', { mode: 'realtime' })])),
      setBatchStatus: (change) => {
        mode = change.mode ?? mode;
        return Promise.resolve();
      },
    });
    expect((await handle.result()).status).toBe('completed');
    expect(logOf('halfway').filter((entry) => /collect|release|Realtime|submit/.test(entry))).toEqual(['releaseJobs', 'makeRealtimeCalls:r']);
  });

  it('pauses itself for rate limits, says until when, and resumes by itself with the same job', async () => {
    let attempts = 0;
    const handle = await start('limited', {
      submitJob: () => Promise.resolve(++attempts === 1 ? { state: 'held', failure: { code: 'rate_limit', message: 'too fast' } } : { state: 'running' }),
    });
    await called('limited', 'setBatchStatus:paused');
    const progress = await until('pause', async () => {
      const seen = await handle.query<BatchProgress>(batchProgressQueryName);
      return seen.resumesAt !== null && seen;
    });
    expect(progress).toMatchObject({ pausedFor: 'rate_limit' });
    expect((await handle.result()).status).toBe('completed');
    expect(attempts).toBe(2);
  });

  it('pauses for a refused key while polling, and goes on with the same job when resumed', async () => {
    let looks = 0;
    const handle = await start('refused', {
      planRound: ({ round }) => Promise.resolve(round === 0 ? plan([job('a')]) : plan([])),
      awaitJob: () => Promise.resolve(++looks === 1 ? { state: 'held', failure: { code: 'auth', message: 'key revoked' } } : { state: 'ended' }),
    });
    await called('refused', 'setBatchStatus:paused');
    expect(await handle.query<BatchProgress>(batchProgressQueryName)).toMatchObject({ pausedFor: 'auth', resumesAt: null });
    await handle.signal(batchSignals.resume);
    expect((await handle.result()).status).toBe('completed');
    expect(logOf('refused').filter((entry) => entry === 'collectJob:a')).toHaveLength(1);
  });

  it('stands still at the cost cap and looks again when resumed', async () => {
    let plans = 0;
    const handle = await start('capped', {
      planRound: () => Promise.resolve(++plans === 1 ? plan([], { pending: 5, heldBy: { code: 'cost_cap', message: 'The cap is reached.' } }) : plan([])),
    });
    await called('capped', 'setBatchStatus:paused');
    expect((await handle.query<BatchProgress>(batchProgressQueryName)).pausedFor).toBe('cost_cap');
    await handle.signal(batchSignals.resume);
    expect((await handle.result()).status).toBe('completed');
  });

  it('takes a cancellation to the providers, waits for the end there, and stays canceled', async () => {
    const atProvider = gate<{ state: 'ended' }>();
    const handle = await start('canceled', {
      awaitJob: () => atProvider.promise,
      cancelJobs: ({ final }) => {
        if (final !== true) atProvider.open({ state: 'ended' });
        return Promise.resolve({ jobs: 1 });
      },
      collectJob: () => Promise.resolve({ state: 'canceled', succeeded: 0, failed: 0, missing: 1 }),
      finishBatch: () => Promise.resolve({ succeeded: 0, failed: 0, canceled: 1 }),
    });
    await called('canceled', 'awaitJob:a');
    await handle.signal(batchSignals.cancel);
    await handle.signal(batchSignals.cancel);
    await handle.signal(batchSignals.resume);
    expect(await handle.result()).toMatchObject({ status: 'canceled', canceled: 1 });
    expect(logOf('canceled').slice(-4)).toEqual(['cancelJobs', 'collectJob:a', 'cancelJobs:final', 'finishBatch:canceled']);
  });

  it('learns of a cancellation from its rows where the signal was lost', async () => {
    const handle = await start('unheard', { planRound: () => Promise.resolve(plan([], { pending: 3, canceled: true })) });
    expect((await handle.result()).status).toBe('canceled');
  });

  it('collects what an earlier history left at a provider, also where all it does is cancel', async () => {
    const handle = await start(
      'left',
      { planRound: () => Promise.resolve(logOf('left').includes('collectJob:a') ? plan([]) : plan([job('a')], { canceled: true })), collectJob: () => Promise.resolve({ state: 'canceled', succeeded: 1, failed: 0, missing: 0 }) },
      { round: 1, pausedByUser: true },
    );
    await handle.signal(batchSignals.cancel);
    expect((await handle.result()).status).toBe('canceled');
    expect(logOf('left').filter((entry) => !entry.startsWith('setBatchStatus'))).toEqual(['cancelJobs', 'planRound', 'submitJob:a', 'awaitJob:a', 'collectJob:a', 'cancelJobs:final', 'finishBatch:canceled']);
  });

  it('takes a cancellation of the workflow for the signal', async () => {
    const handle = await start('ended', { planRound: () => Promise.resolve(plan([], { pending: 1, heldBy: { code: 'cost_cap', message: '' } })) });
    await called('ended', 'setBatchStatus:paused');
    await handle.cancel();
    expect((await handle.result()).status).toBe('canceled');
  });

  it('switches the mode once what is at the provider is collected', async () => {
    const atProvider = gate<{ state: 'ended' }>();
    let isSwitched = false;
    const handle = await start('switched', {
      planRound: () => Promise.resolve(isSwitched ? (logOf('switched').includes('makeRealtimeCalls:r') ? plan([]) : plan([job('r', { mode: 'realtime' })])) : plan([job('a'), job('b')], { maxInflight: 1 })),
      awaitJob: () => atProvider.promise,
      setBatchStatus: ({ mode }) => {
        isSwitched ||= mode === 'realtime';
        return Promise.resolve();
      },
    });
    await called('switched', 'awaitJob:a');
    await handle.signal(batchSignals.switchMode, { mode: 'realtime' });
    await called('switched', 'setBatchStatus:running');
    expect(logOf('switched')).not.toContain('releaseJobs');
    atProvider.open({ state: 'ended' });
    expect((await handle.result()).status).toBe('completed');
    expect(logOf('switched').filter((entry) => /collect|release|Realtime|submit/.test(entry))).toEqual(['submitJob:a', 'collectJob:a', 'releaseJobs', 'makeRealtimeCalls:r']);
  });

  it('retries failed items of a finished batch in a run of its own, once', async () => {
    await (await start('again', {})).result();
    scripts.set('again', { planRound: () => Promise.resolve(logOf('again').filter((entry) => entry === 'collectJob:again').length === 0 ? plan([job('again')]) : plan([])) });
    const handle = await client.workflow.signalWithStart(batchWorkflowType, { taskQueue, workflowId: 'batch/again', args: [{ batchId: 'again', policy: 'test', retryFailed: true }], signal: batchSignals.retryFailed, signalArgs: [] });
    await handle.result();
    expect(logOf('again').filter((entry) => entry === 'retryFailedItems')).toHaveLength(1);
    expect(logOf('again').filter((entry) => entry.startsWith('finishBatch'))).toHaveLength(2);
  });

  it('retries failed items asked for while the batch runs', async () => {
    const atProvider = gate<{ state: 'ended' }>();
    const handle = await start('during', { awaitJob: () => atProvider.promise });
    await called('during', 'awaitJob:a');
    await handle.signal(batchSignals.retryFailed);
    atProvider.open({ state: 'ended' });
    await handle.result();
    expect(logOf('during').filter((entry) => entry === 'retryFailedItems')).toHaveLength(1);
  });

  it('submits again what turned out to be another job', async () => {
    let collections = 0;
    await (await start('mistaken', { collectJob: () => Promise.resolve(++collections === 1 ? { state: 'unconfirmed' } : { state: 'collected', succeeded: 1, failed: 0, missing: 0 }) })).result();
    expect(logOf('mistaken').filter((entry) => entry === 'submitJob:a')).toHaveLength(2);
  });

  it('pauses, and loses nothing, where an activity has a bug', async () => {
    let attempts = 0;
    const handle = await start('buggy', { collectJob: () => (++attempts === 1 ? Promise.reject(ApplicationFailure.nonRetryable('cannot read x of undefined', 'internal')) : Promise.resolve({ state: 'collected', succeeded: 1, failed: 0, missing: 0 })) });
    await called('buggy', 'setBatchStatus:paused');
    await handle.signal(batchSignals.resume);
    expect((await handle.result()).status).toBe('completed');
  });
});
