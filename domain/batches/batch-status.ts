/**
 * States of a batch. `pending`: accepted, its items not all read yet; `submitting`: nothing is at a provider yet; `submitted`: everything that can be is; `running`: a provider
 * works on it; `collecting`: results are being written; `paused`: nothing new is submitted, what is at a provider is still collected. The last three are final, and `canceled` stays so.
 */
export const batchStatuses = ['pending', 'submitting', 'submitted', 'running', 'collecting', 'paused', 'completed', 'failed', 'canceled'] as const;
export type BatchStatus = (typeof batchStatuses)[number];

/** Whether nothing happens to the batch any more, unless its failed items are retried. */
export function isFinal(status: BatchStatus): status is 'completed' | 'failed' | 'canceled' {
  return status === 'completed' || status === 'failed' || status === 'canceled';
}

export const batchModes = ['batch', 'realtime'] as const;
/** `batch`: through the providers' batch interfaces, where the model has one; `realtime`: by calls. */
export type BatchMode = (typeof batchModes)[number];

/** What became of one item of a batch. */
export const batchItemStatuses = ['pending', 'succeeded', 'failed', 'canceled'] as const;
export type BatchItemStatus = (typeof batchItemStatuses)[number];

/** What became of one call that an item needs. `waiting`: planned, in no job; `assigned`: in a job. */
export const batchCallStatuses = ['waiting', 'assigned', 'succeeded', 'failed', 'canceled'] as const;
export type BatchCallStatus = (typeof batchCallStatuses)[number];

/**
 * States of a provider job, one of the jobs that a batch is made of. `planned`: its lines are chosen; `creating`: its creation was begun, so it may exist at the provider;
 * `running`: it exists there; `ended`: it ended there, its results are being written; `collected`, `canceled` and `failed` are final.
 */
export const providerJobStatuses = ['planned', 'creating', 'running', 'ended', 'collected', 'failed', 'canceled'] as const;
export type ProviderJobStatus = (typeof providerJobStatuses)[number];
