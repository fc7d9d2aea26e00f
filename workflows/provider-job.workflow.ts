import { proxyActivities } from '@temporalio/workflow';
import type { BatchActivities, Hindrance } from '../activities/batch-activities.js';
import { toCallFailure } from './call-failure.js';
import type { ProviderJobInput, ProviderJobResult } from './messages/batch-messages.js';
import { batchPolicies, stepOptions } from './policies/batch-policies.js';

/** How often what was found after a crash may turn out to be another's job. */
const mostMistakes = 5;

const activities = proxyActivities<Pick<BatchActivities, 'submitJob' | 'awaitJob' | 'collectJob' | 'makeRealtimeCalls'>>({ startToCloseTimeout: '1 minute' });

/** One provider job from its row to its results; or one chunk of realtime calls. Never fails: what it can't do holds the job, and the batch decides. */
export async function providerJobWorkflow(input: ProviderJobInput): Promise<ProviderJobResult> {
  try {
    return input.mode === 'realtime' ? await makeCalls(input) : await carryOut(input);
  } catch (error) {
    const { code, message } = toCallFailure(error);
    return heldResult(input, { code, message });
  }
}

async function makeCalls(input: ProviderJobInput): Promise<ProviderJobResult> {
  const { makeRealtimeCalls } = batchPolicies[input.policy];
  const made = await activities.makeRealtimeCalls.executeWithOptions(stepOptions(makeRealtimeCalls, `calls · ${subject(input)}`), [reference(input)]);
  return made.state === 'held' ? heldResult(input, made.failure) : { jobId: input.jobId, status: made.state, failure: null };
}

async function carryOut(input: ProviderJobInput): Promise<ProviderJobResult> {
  const policy = batchPolicies[input.policy];
  for (let mistakes = 0; mistakes <= mostMistakes; mistakes++) {
    const submitted = await activities.submitJob.executeWithOptions(stepOptions(policy.submitJob, `submit · ${subject(input)}`), [reference(input)]);
    if (submitted.state === 'held') return heldResult(input, submitted.failure);
    if (submitted.state === 'running') {
      const awaited = await activities.awaitJob.executeWithOptions(stepOptions(policy.awaitJob, `await · ${subject(input)}`), [reference(input)]);
      if (awaited.state === 'held') return heldResult(input, awaited.failure);
    }
    const collected = await activities.collectJob.executeWithOptions(stepOptions(policy.collectJob, `collect · ${subject(input)}`), [reference(input)]);
    if (collected.state === 'held') return heldResult(input, collected.failure);
    if (collected.state !== 'unconfirmed') return { jobId: input.jobId, status: collected.state, failure: collected.failure ?? null };
  }
  return heldResult(input, { code: 'internal', message: `Job ${input.jobId} could not be told from others at '${input.provider}'.` });
}

function reference({ batchId, jobId }: ProviderJobInput): { batchId: string; jobId: string } {
  return { batchId, jobId };
}

function subject({ provider, model, lines }: ProviderJobInput): string {
  return `${provider}/${model} · ${lines} lines`;
}

function heldResult({ jobId }: ProviderJobInput, failure: Hindrance | null): ProviderJobResult {
  return { jobId, status: 'held', failure };
}
