import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { RunActivities, Stop } from '../activities/run-activities.js';
import { bundleWorkflows } from '../src/temporal/workflow-bundle.js';
import { startTestTemporal } from '../test/support/engines.js';
import { runSignals, runWorkflowType } from './messages/run-messages.js';
import type { RunWorkflowInput } from './messages/run-messages.js';

type Script = Pick<RunActivities, 'answerSamples' | 'setRunStatus'>;

const taskQueue = 'run-workflow-spec';
/** What each run's activities do; by run id. */
const scripts = new Map<string, Script>();
const scriptOf = (runId: string): Script => {
  const script = scripts.get(runId);
  if (!script) throw new Error(`No script for ${runId}.`);
  return script;
};

let temporal: Awaited<ReturnType<typeof startTestTemporal>>;
let connection: Connection;
let native: NativeConnection;
let client: Client;
let worker: Worker;
let running: Promise<void>;

/** A plain model on one benchmark of one sample. */
const activities: Partial<RunActivities> = {
  beginRun: () => Promise.resolve({ benchmarks: ['one'], mode: 'realtime', concurrency: 1, plan: null }),
  loadSamples: () => Promise.resolve({ samples: 1, needsSetup: null }),
  nextChunk: ({ from }) => Promise.resolve({ chunk: from === 0 ? { from: 0, to: 1 } : null, stop: null }),
  answerSamples: (input) => scriptOf(input.runId).answerSamples(input),
  setRunStatus: (input) => scriptOf(input.runId).setRunStatus(input),
  finishRunBenchmark: () => Promise.resolve({ status: 'succeeded' }),
  finishRun: () => Promise.resolve({ status: 'succeeded', samples: 1, errors: 0 }),
};

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const [started, code] = await Promise.all([startTestTemporal(), bundleWorkflows()]);
  temporal = started;
  [connection, native] = await Promise.all([Connection.connect({ address: temporal.address }), NativeConnection.connect({ address: temporal.address })]);
  client = new Client({ connection });
  worker = await Worker.create({ connection: native, taskQueue, workflowBundle: { code }, activities });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await Promise.all([connection.close(), native.close()]);
  await temporal.stop();
});

describe('benchmarkRunWorkflow', () => {
  it.each<[string, Stop]>([
    ['at a cap', { by: 'hold', reason: { code: 'token_cap', message: 'The cap is reached.' } }],
    ['at a rate limit', { by: 'hold', reason: { code: 'rate_limit', message: 'No more calls.' } }],
  ])('goes on where it is resumed %s before it knows that its row says so', async (name, stop) => {
    const runId = name.replaceAll(' ', '-');
    const told: string[] = [];
    let goes = 0;
    scripts.set(runId, {
      answerSamples: () => Promise.resolve(++goes === 1 ? { done: 0, errors: 0, stop } : { done: 1, errors: 0, stop: null }),
      // Somebody reads the row and resumes the run, while this activity has not yet ended.
      setRunStatus: async ({ status }) => {
        told.push(status);
        if (status === 'paused') await client.workflow.getHandle(`run/${runId}`).signal(runSignals.resume);
      },
    });
    const input: RunWorkflowInput = { runId, policy: 'test' };
    const handle = await client.workflow.start(runWorkflowType, { taskQueue, workflowId: `run/${runId}`, args: [input] });
    expect(await handle.result()).toMatchObject({ status: 'succeeded' });
    expect([goes, told]).toEqual([2, ['paused', 'running']]);
  });
});
