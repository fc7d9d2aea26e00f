import type { Context } from '@temporalio/activity';

/** Calls shorter than this never heartbeat; a heartbeat is a request to Temporal and the SDK sends fewer than it is given. */
const heartbeatEveryMs = 1_000;

/** Heartbeats while `work` runs, so that a dead worker is noticed and a cancellation arrives. `progress` is what the Web UI shows of it. */
export async function withHeartbeats<Result>(context: Context, work: Promise<Result>, progress?: () => unknown): Promise<Result> {
  const timer = setInterval(() => {
    context.heartbeat(progress?.());
  }, heartbeatEveryMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/**
 * A signal that aborts the provider's request when its answer is not wanted any more: the call was cancelled, or the workflow is gone because
 * the completion was. Any other end (another call won, the deadline passed, the worker drains) lets a paid call finish and be recorded.
 */
export function abandonSignal(context: Context, isCompletionCanceled: () => Promise<boolean>): AbortSignal {
  const abandon = new AbortController();
  const onCancel = (): void => {
    const details = context.cancellationDetails;
    if (details?.cancelRequested) {
      abandon.abort(context.cancellationSignal.reason);
    } else if (details?.notFound) {
      void isCompletionCanceled().then(
        (canceled) => {
          if (canceled) abandon.abort(context.cancellationSignal.reason);
        },
        // The database is away: the call may as well finish.
        () => undefined,
      );
    }
  };
  if (context.cancellationSignal.aborted) onCancel();
  else context.cancellationSignal.addEventListener('abort', onCancel, { once: true });
  return abandon.signal;
}
