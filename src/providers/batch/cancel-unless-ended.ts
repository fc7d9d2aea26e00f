import type { JobStatus } from '../batch-provider.js';
import { ProviderFailure } from '../provider-failure.js';

/** Cancels a job. Vendors refuse that for one that has ended or is being canceled; then its status decides whether the refusal was right. */
export async function cancelUnlessEnded(cancel: () => Promise<unknown>, status: () => Promise<JobStatus>): Promise<void> {
  try {
    await cancel();
  } catch (error) {
    if (!(error instanceof ProviderFailure) || error.httpStatus === undefined || error.httpStatus >= 500 || [401, 403, 404, 429].includes(error.httpStatus)) throw error;
    const { state, providerState } = await status();
    if (state === 'running' && !/cancell?ing/i.test(providerState)) throw error;
  }
}
